/** @file An audit as a page of documentation: every convention with formula, ceiling, null and what it confuses. */
import type { AuditResult } from "../../../src/studies/audit/result.ts";
import {
  AUDIT_COLUMNS,
  confusions,
  layoutWords,
  type AuditConvention,
} from "../../../src/studies/audit/viewWords.ts";

/** Groups of conventions: the ones with one of these beginnings that no earlier group has. */
const GROUPS: readonly {
  readonly prefix: string | readonly string[];
  readonly title: string;
  readonly about: string;
}[] = [
  {
    prefix: "olsson.",
    title: "Prefix matching of Olsson et al. 2022",
    about:
      "In the readings that the text allows. With two copies perEntry and perQuery agree; with four a perfect head has .5 and 1.",
  },
  {
    prefix: "transformerLens.",
    title: "TransformerLens' demos",
    about: "Whole diagonals of the pattern, made for inputs without BOS.",
  },
  {
    prefix: "arena.",
    title: "ARENA",
    about: "Whole diagonals, made for inputs with BOS; its detector draws the line at .4.",
  },
  {
    prefix: "detectHead.",
    title: "TransformerLens' detect_head",
    about:
      "A fraction of all attention (mul), or a distance from a detection pattern D (abs). Options hold for all sequences here.",
  },
  {
    prefix: "detector.",
    title: "The three metrics of induction-head-detector, indices put right",
    about: "All are means over pairs; see [detector.md](detector.md).",
  },
  {
    prefix: ["headvis.", "icl-heads.", "llmvis.", "saanum.", "feucht.", "ren-ri."],
    title: "Recent papers and tools",
    about:
      "As their code computes them, on rows like theirs where these are not [BOS] r r: the formula says so. Sentences that follow from no ideal head are about what such rows do not show.",
  },
  {
    prefix: "legacy.",
    title: "As older code computes them",
    about: "To compare with numbers that somebody has, not for use.",
  },
  { prefix: "", title: "induction-lens", about: "The first five are the scores of `score`." },
];

/** The page. Numbers have four digits; the last group of the table above comes first. */
export function auditMarkdown(result: AuditResult): string {
  const groupOf = ({ convention }: AuditConvention) =>
    GROUPS.find(({ prefix }) => [prefix].flat().some((start) => convention.startsWith(start)))!;
  const ordered = [GROUPS.at(-1)!, ...GROUPS.slice(0, -1)];
  return [
    "# Measures: what every convention computes, and what it confuses",
    `Made by \`induction-lens audit\` from ideal heads, whose attention is known exactly: ${layoutWords(result)}. A test compares this page with the code. The same for your own model and length: \`induction-lens audit MODEL --seq-len N\`.`,
    "A[q, k] is the attention that query q pays to key k, S the period, T the length. The second copy is q = start + S ... start + 2S - 1. **Ceiling** is the most that any attention can score on this input, **null** what uniform causal attention scores, **own** what the ideal head has that the convention is meant to find. A score means something only between its null and its ceiling.",
    result.summary,
    ...ordered.flatMap((group) => [
      `## ${group.title}`,
      group.about,
      conventionTable(result.conventions.filter((convention) => groupOf(convention) === group)),
    ]),
    "## Every ideal head",
    "A dash is 0/0.",
    idealTable(result.conventions),
    "",
  ].join("\n\n");
}

function conventionTable(conventions: readonly AuditConvention[]): string {
  return tableOf(
    ["convention", "finds", "formula", "source", "ceiling", "null", "own", "what it confuses"],
    conventions.map((convention) => [
      `\`${convention.convention}\``,
      convention.finds,
      code(convention.formula),
      convention.source,
      digits(convention.ceiling),
      digits(convention.null),
      digits(convention.values[convention.finds] ?? null),
      confusions(convention),
    ]),
  );
}

function idealTable(conventions: readonly AuditConvention[]): string {
  return tableOf(
    ["convention", ...AUDIT_COLUMNS.map(({ title }) => title)],
    conventions.map((convention) => [
      `\`${convention.convention}\``,
      ...AUDIT_COLUMNS.map(({ valueOf }) => digits(valueOf(convention))),
    ]),
  );
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function code(formula: string): string {
  return formula.replaceAll("*", "\\*").replaceAll("[", "\\[");
}

function digits(value: number | null): string {
  return value === null ? "–" : value.toFixed(4).replace("-", "−");
}
