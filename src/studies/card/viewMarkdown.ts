/** @file A card as the section of a model card on the Hugging Face hub: YAML metadata, then Markdown. */
import { headName } from "../../base/headName.ts";
import { markdownTable, markdownText } from "../../draw/markdown.ts";
import { plural } from "../../base/plural.ts";
import { intervalText, nats, share } from "../../draw/numbers.ts";
import { ROUTE_WORDS } from "../../results/causalNames.ts";
import { byInterest, strengthOf } from "../verdict/view.ts";
import type { CardResult } from "./result.ts";
import { disagreementWords, LOSSES, LOSS_NAMES } from "./view.ts";

/** @param picture name of the file beside it that has the circuit or the map; null: none */
export async function cardMarkdown(result: CardResult, picture: string | null): Promise<string> {
  const { verdict, model } = result;
  const parts = [
    `---\n${await metadata(result)}---`,
    `# Induction heads of ${markdownText(model.id)}`,
    verdict.words.map(markdownText).join(" "),
    ...disagreementWords(result).map(markdownText),
    ...(picture === null ? [] : [`![The heads of the circuit, or the map of all](${picture})`]),
    "## Heads",
    headTable(result),
    ...(verdict.circuit.edges.length > 0 ? ["## Circuit", edgeTable(result)] : []),
    "## Losses",
    lossTable(result),
    ...(result.published.length > 0 ? ["## What others say", publishedTable(result)] : []),
    "## What was not tested",
    result.notTested.map((text) => `- ${markdownText(text)}`).join("\n"),
    "## How it was measured",
    measurementText(result),
    ...(result.warnings.length > 0
      ? ["## Warnings", result.warnings.map((text) => `- ${markdownText(text)}`).join("\n")]
      : []),
  ];
  return `${parts.join("\n\n")}\n`;
}

async function metadata({ model, verdict, losses, version }: CardResult): Promise<string> {
  const { stringify } = await import("yaml"); // only a card needs it
  return stringify({
    tags: ["mechanistic-interpretability", "induction-heads", "induction-lens"],
    induction_lens: {
      schema: "induction-lens/card@1",
      version,
      weights_sha256: model.sha256,
      induction_heads: verdict.heads.filter(({ label }) => label === "induction").map(headName),
      copy_gain_nats: Number(losses.copyGain.value.toFixed(4)),
    },
  });
}

function headTable({ verdict }: CardResult): string {
  const interesting = byInterest(verdict.heads).filter(
    ({ label }) => label !== "other" && label !== "first-token",
  );
  if (interesting.length === 0) return "No head has a label but `first-token` and `other`.";
  const rows = interesting.map((head) => {
    const strength = strengthOf(head);
    const { low = null, high = null } = strength ?? {};
    const bounds = low === null || high === null ? null : ([low, high] as const);
    return [
      headName(head),
      head.label,
      strength ? `${share(strength.value)} ${intervalText(bounds)}` : "–",
      head.flags.join(", ") || "–",
      head.why,
    ];
  });
  const left = verdict.heads.length - interesting.length;
  return `${markdownTable(["head", "label", "attention, 95 %", "flags", "why"], rows)}\n\nNot listed, since they are \`first-token\` or \`other\`: ${plural(left, "head")}.`;
}

function edgeTable({ verdict }: CardResult): string {
  const rows = verdict.circuit.edges.map(({ from, to, route, effect, low, high }) => [
    from,
    `${ROUTE_WORDS[route]} of ${to}`,
    `${share(effect)} ${intervalText(low === null || high === null ? null : [low, high])}`,
  ]);
  return markdownTable(["from", "into", "share that is lost without the path"], rows);
}

function lossTable({ losses }: CardResult): string {
  const rows = LOSS_NAMES.map((name) => {
    const { value, interval } = losses[name];
    const ends = interval === null ? "–" : `[${nats(interval[0])}, ${nats(interval[1])}]`;
    return [LOSSES[name], nats(value), ends];
  });
  return markdownTable([plural(losses.examples, "sequence"), "nats", "95 %"], rows);
}

function publishedTable({ published }: CardResult): string {
  const rows = published.map(({ layer, head, called: term, ours, agrees, convention, source }) => [
    headName({ layer, head }),
    term,
    agrees ? `${ours} (agrees)` : `${ours} (differs)`,
    convention,
    source,
  ]);
  return markdownTable(["head", "called", "here", "how they decided", "source"], rows);
}

function measurementText({ model, input, verdict, environment, version }: CardResult): string {
  const versions = Object.entries(environment.versions).map((entry) => entry.join(" "));
  const { attention, causal } = verdict.screened.examples;
  return [
    `- induction-lens ${version} on ${environment.device}; ${versions.join(", ")}`,
    `- weights: sha256 \`${model.sha256}\`${model.revision === null ? "" : `, revision \`${model.revision}\``}`,
    `- rows: ${input.kind}, seed ${input.seed ?? "none"}, ${attention} for attention and ${causal} for causal runs, ${input.length} tokens, BOS ${input.bos ? "on" : "off"} (${markdownText(input.bosPolicy)})`,
    `- periods: ${verdict.periods.join(", ")}; ${verdict.screened.quick ? "quick" : "full"} verdict`,
    "- the rules of the labels: docs/verdict.md of induction-lens",
  ].join("\n");
}
