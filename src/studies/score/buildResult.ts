/** @file From what was measured, per sequence, to the Result of `score`. */
import { mean } from "../../measure/mean.ts";
import { beginResult } from "../../results/beginResult.ts";
import { footerOf, headerOf, tooFewWarning } from "../common/about.ts";
import type { Tensor } from "../../base/tensor.ts";
import { forEachScore } from "../../measure/attentionTables.ts";
import { meanInterval, scoreInterval, type Interval } from "../../measure/interval.ts";
import { copyLosses } from "../../measure/losses.ts";
import { uniformOf } from "../../measure/uniformScores.ts";
import { uniformOnRows } from "../../inputs/uniformOnRows.ts";
import type { Precision } from "../../measure/stopByPrecision.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { ScoreName, ScoreResult } from "./result.ts";
import type { Backend } from "../../base/backend.ts";
import type { RepeatedRows } from "../../inputs/scoreInput.ts";
import type { ScorePlan } from "./plan.ts";
import { scoreWords } from "./words.ts";

export interface MeasuredScores {
  /** Sequences that were measured. */
  readonly examples: number;
  /** [layer][head]: one score per example, by measure. */
  readonly scores: readonly (readonly Readonly<Record<ScoreName, Float64Array>>[])[];
  /** -log p of each token, axes [sequence, position]; null without losses. */
  readonly losses: Tensor | null;
  /** The precision that was asked for, and what was reached; null if none was. */
  readonly precision: (Precision & { readonly target: number; readonly heads: number }) | null;
}

/** Means and intervals over sequences, the best heads, the words, and where all of it comes from. */
export function scoreResultOf(
  model: LoadedModel,
  backend: Backend,
  { rows, topHeads }: Pick<ScorePlan, "rows" | "topHeads">,
  { scores, losses, precision }: MeasuredScores,
  timings: Record<string, number>,
): ScoreResult {
  const { info } = rows;
  const nulls = uniformOnRows(model.architecture, { ...rows, length: info.length });
  const means = (name: ScoreName) => scores.map((layer) => layer.map((head) => mean(head[name])));
  const intervals = scores.map((layer) => layer.map(({ induction }) => scoreInterval(induction)));
  const induction = means("induction");
  const all = best(induction, intervals);
  const top = all.slice(0, topHeads);
  return {
    ...beginResult("induction-lens/score@1"),
    ...headerOf(model, info, [
      ...rows.warnings,
      ...tooFewWarning(info.examples),
      ...notPrecise(precision),
    ]),
    scores: forEachScore(means),
    ...nulls,
    intervals: { induction: intervals },
    precision: precision && {
      target: precision.target,
      heads: precision.heads,
      halfWidth: precision.halfWidth,
      reached: precision.enough,
    },
    loss: losses && lossOf(losses, rows),
    top,
    verdictInWords: scoreWords({
      top: all.map((head) => ({ ...head, uniform: uniformOf(nulls, "induction", head.layer) })),
      examples: info.examples,
    }),
    ...footerOf(backend, timings),
  };
}

/** All heads, highest first; of equal ones the earlier first. */
function best(
  induction: readonly (readonly number[])[],
  intervals: readonly (readonly (Interval | null)[])[],
): ScoreResult["top"] {
  return induction
    .flatMap((heads, layer) => heads.map((score, head) => ({ layer, head, score })))
    .sort((a, b) => b.score - a.score || a.layer - b.layer || a.head - b.head)
    .map((entry) => {
      const [low, high] = intervals[entry.layer]![entry.head] ?? [null, null];
      return { ...entry, low, high };
    });
}

function notPrecise(precision: MeasuredScores["precision"]): string[] {
  if (!precision || precision.enough) return [];
  const { target, halfWidth, sequences } = precision;
  const got = halfWidth === null ? "no band" : `a half-width of ${halfWidth.toFixed(4)}`;
  return [`a precision of ${target} was not reached: ${sequences} examples give ${got}`];
}

function lossOf(losses: Tensor, { start, period }: RepeatedRows): ScoreResult["loss"] {
  const { firstCopy, secondCopy, copyGain } = copyLosses(losses, { start, period });
  return {
    firstCopy: mean(firstCopy),
    secondCopy: mean(secondCopy),
    copyGain: mean(copyGain),
    intervals: {
      firstCopy: meanInterval(firstCopy),
      secondCopy: meanInterval(secondCopy),
      copyGain: meanInterval(copyGain),
    },
    examples: losses.shape[0]!,
  };
}
