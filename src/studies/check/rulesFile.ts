/** @file The file of a gate's rules: YAML or JSON, checked whole, with line and column in every complaint. */
import type { Document, LineCounter, Node } from "yaml";
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { faultSentence, shownValue } from "../../base/faultSentences.ts";
import { someOf } from "../../base/someOf.ts";
import { ruleFrom, RuleFault, RULE_FORMS, type Rule } from "./rule.ts";

const entry = z.union([
  z.string(),
  z.strictObject({
    rule: z.string(),
    name: z.string().optional().describe("what reports call the rule; left out: the rule"),
  }),
]);

/** The schema of a file of rules. */
export const rulesSchema = z.strictObject({
  $schema: z.string().optional().describe("for editors; not looked at"),
  rules: z
    .array(entry)
    .min(1)
    .describe(`sentences, such as: ${RULE_FORMS.join("; ")}`),
  numExamples: z.int().min(10).max(100_000).optional().describe("rows to begin with; 20"),
  limit: z.int().min(10).max(100_000).optional().describe("most rows for an undecided rule; 160"),
  seqLen: z.int().optional().describe("tokens in the two copies together, even; 64"),
  seed: z.int().optional().describe("of the random tokens; 0"),
  bos: z.union([z.enum(["auto", "on", "off"]), z.int().min(0)]).optional(),
  quick: z.boolean().optional().describe("quick verdicts for rules about labels; false"),
});
type RulesFile = z.infer<typeof rulesSchema>;

/** A rule with where it stands. */
export interface PlacedRule {
  readonly rule: Rule;
  readonly text: string;
  readonly name: string;
  /** From 1; null for rules that come from no file. */
  readonly line: number | null;
}

export interface Rules extends Omit<RulesFile, "rules" | "$schema"> {
  readonly rules: readonly PlacedRule[];
}

const MOST_BYTES = 1_000_000;
const MOST_FAULTS = 10;

interface Fault {
  readonly at: number;
  readonly message: string;
}

/**
 * The rules in a text of YAML or JSON.
 *
 * @param file what messages call it
 * @throws {InputError} "rules" with FILE:LINE:COLUMN for each fault, all of them up to ten
 */
export async function rulesFrom(text: string, file: string): Promise<Rules> {
  if (typeof text !== "string")
    throw new InputError("rules", `rules are read from a text, got ${shownValue(text)}`);
  if (text.length > MOST_BYTES)
    throw new InputError("rules", `${file} has more than ${MOST_BYTES} characters`);
  const { LineCounter, parseDocument } = await import("yaml"); // a parser that only gates need
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const faults = document.errors.map(({ pos, message }): Fault => ({
    at: pos[0],
    message: oneLine(message),
  }));
  const read = faults.length === 0 ? checkDocument(document, faults) : null;
  const rules = read?.rules.map((item, index) => ruleAt(item, document, index, lines, faults));
  if (faults.length > 0 || !read || !rules) throw faultsOf(file, faults, lines);
  const complete = rules.filter((rule) => rule !== null);
  const { $schema: _, ...settings } = read;
  return { ...settings, rules: complete };
}

function checkDocument(document: Document.Parsed, faults: Fault[]): RulesFile | null {
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    faults.push({ at: 0, message: oneLine((error as Error).message) });
    return null;
  }
  const result = rulesSchema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const { path } = issue;
    const inside = issue.code === "unrecognized_keys" ? issue.keys[0] : undefined;
    const at = inside === undefined ? placeOf(document, path) : keyPlaceOf(document, path, inside);
    faults.push({ at, message: faultSentence(issue, value) });
  }
  return null;
}

/** Where the value at `path` begins, or the nearest one around it. */
function placeOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length--) {
    const node = nodeAt(document, path.slice(0, length));
    if (node?.range) return node.range[0];
  }
  return 0;
}

/** Where the key `name` of the mapping at `path` begins. */
function keyPlaceOf(document: Document.Parsed, path: readonly PropertyKey[], name: string): number {
  const node = nodeAt(document, path);
  const pairs = node !== null && "items" in node ? (node.items as readonly object[]) : [];
  const keys = pairs.flatMap((pair) =>
    "key" in pair ? [pair.key as Node & { value?: unknown }] : [],
  );
  return keys.find(({ value }) => value === name)?.range?.[0] ?? placeOf(document, path);
}

function nodeAt(document: Document.Parsed, path: readonly PropertyKey[]): Node | null {
  const node: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
  return typeof node === "object" && node !== null && "range" in node ? (node as Node) : null;
}

function ruleAt(
  item: RulesFile["rules"][number],
  document: Document.Parsed,
  index: number,
  lines: LineCounter,
  faults: Fault[],
): PlacedRule | null {
  const [text, name, path] =
    typeof item === "string"
      ? [item, item, ["rules", index]]
      : [item.rule, item.name ?? item.rule, ["rules", index, "rule"]];
  const begin = placeOf(document, path);
  try {
    return { rule: ruleFrom(text), text, name, line: lines.linePos(begin).line };
  } catch (error) {
    if (!(error instanceof RuleFault)) throw error;
    faults.push({ at: begin + shiftOf(document, path) + error.at, message: error.message });
    return null;
  }
}

/** Characters before the text of a scalar: its quote. */
function shiftOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  const node = nodeAt(document, path);
  const isQuoted = node !== null && "type" in node && String(node.type).startsWith("QUOTE");
  return isQuoted ? 1 : 0;
}

function faultsOf(file: string, faults: readonly Fault[], lines: LineCounter): InputError {
  const sentences = faults.map(({ at, message }) => {
    const { line, col } = lines.linePos(at);
    return `${file}:${Math.max(1, line)}:${Math.max(1, col)}: ${message}`;
  });
  return new InputError("rules", someOf(sentences, "\n", MOST_FAULTS));
}

function oneLine(message: string): string {
  return message.replaceAll(/\s+/g, " ").trim();
}
