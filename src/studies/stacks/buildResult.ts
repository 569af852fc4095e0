/** @file From scores and losses, per sequence, to the Result of `scoreStacks`. */
import type { Backend } from "../../base/backend.ts";
import type { Tensor } from "../../base/tensor.ts";
import { capitalise } from "../../base/capitalise.ts";
import { headName } from "../../base/headName.ts";
import { isAnyInduction } from "../../measure/attendsLikeInduction.ts";
import { meanInterval, scoreInterval } from "../../measure/interval.ts";
import { mean } from "../../measure/mean.ts";
import { stackScores } from "../../measure/stackScores.ts";
import { uniformScores } from "../../measure/uniformScores.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { beginResult } from "../../results/beginResult.ts";
import { footerOf, headerOf, tooFewWarning } from "../common/about.ts";
import type { CopyLosses } from "./copyLosses.ts";
import type { ScoredStack } from "./parts.ts";
import type { ScoreStacksPlan } from "./plan.ts";
import type { StackPart, StacksResult } from "./result.ts";
import type { Scores } from "./scoreParts.ts";

export interface MeasuredPart extends ScoredStack {
  readonly tables: Tensor;
  readonly scores: Scores;
  /** The same of rows in which nothing repeats. */
  readonly control?: Scores | undefined;
}

interface MeasuredStacks {
  readonly parts: readonly MeasuredPart[];
  /** Means by example; null without losses. */
  readonly losses: CopyLosses | null;
}

export function stacksResultOf(
  model: LoadedModel,
  backend: Backend,
  { rows, topHeads }: ScoreStacksPlan,
  { parts: measured, losses }: MeasuredStacks,
  timings: Record<string, number>,
): StacksResult {
  const parts = measured.map((part) => partOf(part, rows.words));
  const top = parts.flatMap((part, index) => topOf(part, index).slice(0, topHeads));
  const warnings = [
    ...rows.warnings,
    ...measured.flatMap((part) => reachWarnings(part, rows.info.period!)),
    ...tooFewWarning(rows.info.examples),
  ];
  return {
    ...beginResult("induction-lens/score-stacks@1"),
    ...headerOf(model, rows.info, [...new Set(warnings)]),
    parts,
    top,
    loss: losses && copyLossOf(losses),
    verdictInWords: parts.map((part, index) => wordsOf(part, topOf(part, index)[0]!)).join(" "),
    ...footerOf(backend, timings),
  };
}

function partOf(
  { direction, stack, scored, layers, tables, scores, reaches, input, control }: MeasuredPart,
  words: ScoreStacksPlan["rows"]["words"],
): StackPart {
  const isCross = direction === "across";
  const sees = input === "pixels";
  const ofPatches = (text: string) => (sees ? text.replaceAll("token", "patch") : text);
  const nulls = Array.from({ length: layers }, (_, layer) =>
    uniformScores(tables, seenBy(direction, reaches[layer] ?? null)),
  );
  return {
    part: `${stack === "" ? "" : `${stack} `}${PARTS[direction]}`,
    stack,
    attention: isCross ? "cross" : "self",
    direction,
    values: `${scored.prefix}blocks.L.${scored.attention}.hook_pattern`,
    rows: isCross ? words.across : sees ? words.images : words.self,
    scores: stackScores(direction).map(({ name, title, key }, index) => ({
      name,
      ...{ title: ofPatches(title), key: ofPatches(key) },
      uniform: nulls.map(({ data }) => data[index]!),
      values: scores[index]!.map((heads) => heads.map(mean)),
      intervals: scores[index]!.map((heads) => heads.map((values) => scoreInterval(values))),
      control: control ? control[index]!.map((heads) => heads.map(mean)) : null,
    })),
  };
}

const PARTS = {
  back: "attention, queries of the second copy",
  ahead: "attention, queries of the first copy",
  causal: "attention to what is before, queries of the second copy",
  across: "cross-attention to what the encoder reads",
} as const;

/** Which keys a query sees. */
function seenBy(direction: ScoredStack["direction"], reach: number | null) {
  return (query: number, key: number) => {
    if (direction === "causal") return key <= query;
    return reach === null || Math.abs(query - key) <= reach;
  };
}

/** Heads by the first score, best first; of equal ones the earlier first. */
function topOf({ scores }: StackPart, part: number): StacksResult["top"] {
  const { values, intervals, uniform } = scores[0]!;
  return values
    .flatMap((heads, layer) =>
      heads.map((score, head) => {
        const [low, high] = intervals[layer]![head] ?? [null, null];
        return { part, layer, head, score, low, high, uniform: uniform[layer]! };
      }),
    )
    .sort((a, b) => b.score - a.score || a.layer - b.layer || a.head - b.head);
}

/** What the best head of a part says, and what it does not. */
function wordsOf(
  { part, scores, direction }: StackPart,
  { layer, head, score, low, uniform }: StacksResult["top"][number],
): string {
  const name = headName({ layer, head });
  const attends = isAnyInduction(low ?? score, uniform);
  const what = scores[0]!.title;
  const control = scores[0]!.control?.[layer]![head];
  const beside =
    control === undefined ? "" : `, it itself ${control.toFixed(3)} where no patch repeats`;
  const numbers = `${score.toFixed(3)} of 1 (uniform attention scores ${uniform.toFixed(3)}${beside})`;
  const whole = `${capitalise(part)}:`;
  if (!attends)
    return `${whole} no head has a high ${what} score, the best is ${name} with ${numbers}.`;
  const means =
    direction === "across"
      ? "attends to the token that is to be written next"
      : "attends like an induction head";
  return `${whole} head ${name} ${means}: it scores ${numbers}.`;
}

/** Layers that see less than a period to each side cannot see the other copy. */
function reachWarnings({ reaches }: MeasuredPart, period: number): string[] {
  const short = reaches.flatMap((reach, layer) =>
    reach !== null && reach < period + 1 ? [layer] : [],
  );
  if (short.length === 0) return [];
  const least = Math.min(...short.map((layer) => reaches[layer]!));
  return [
    `layers ${short.join(", ")} see ${least} tokens or a few more to each side, and the other copy is ${period} away: they cannot do induction over this distance; a \`seqLen\` of at most ${2 * (least - 1)} brings it within reach`,
  ];
}

/** Means over examples, with intervals. */
export function copyLossOf({ copied, other }: CopyLosses): NonNullable<StacksResult["loss"]> {
  const of = (values: Float64Array) => ({
    mean: mean(values),
    interval: meanInterval(values),
  });
  return {
    copied: of(copied),
    other: of(other),
    gain: of(other.map((loss, row) => loss - copied[row]!)),
    examples: copied.length,
  };
}
