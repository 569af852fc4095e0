/** @file What a score Result says about itself, in words. */
import { headName } from "../../base/headName.ts";
import { INDUCTION_ATTENTION } from "../../measure/attendsLikeInduction.ts";
import { uniformOf } from "../../measure/uniformScores.ts";
import type { ScoreResult } from "./result.ts";
import { sharesByLayer } from "../../draw/sharesByLayer.ts";
import { plural } from "../../base/plural.ts";
import { nats, share } from "../../draw/numbers.ts";

/** `18.6 .93 [.91, .95]`, one for each top head. */
export function topWords({ top }: ScoreResult): string[] {
  return top.map(({ layer, head, score, low, high }) => {
    const interval = low === null || high === null ? "" : ` [${share(low)}, ${share(high)}]`;
    return `${headName({ layer, head })} ${share(score)}${interval}`;
  });
}

/** `.02`, or a number for each layer where they do not all see all. */
export function uniformWords({ uniform, uniformByLayer }: ScoreResult): string {
  return uniformByLayer
    ? `${sharesByLayer(uniformByLayer.induction)}, by how far they see`
    : share(uniform.induction);
}

/** What the intervals are, or why there are none. */
export function intervalWords({ input, intervals }: ScoreResult): string {
  const hasIntervals = intervals.induction.some((row) => row.some((interval) => interval !== null));
  return hasIntervals
    ? `95\u00a0% intervals over ${input.examples} sequences (logit-t)`
    : `no intervals (they need at least 10 sequences, got ${input.examples})`;
}

/** `all heads` (or `the best 5 heads`) `are within ±0.0186 of these scores at once (95 %; 0.02 was asked for)`, or nothing if it was not asked. */
export function precisionWords({ precision, scores }: ScoreResult): string[] {
  if (!precision || precision.halfWidth === null) return [];
  const { halfWidth, target, heads } = precision;
  const isAll = heads === undefined || heads === scores.induction.flat().length;
  const bestWords = heads === 1 ? "the best head is" : `the best ${heads} heads are`;
  const which = isAll ? "all heads are" : bestWords;
  return [
    `${which} within ±${halfWidth.toFixed(4)} of these scores at once (95\u00a0%; ${target} was asked for)`,
  ];
}

/** `loss in nats (10 examples): first copy 11.203, second copy 0.442, copy gain 10.761 [10.600, 10.900]`. */
export function lossWords({ loss }: ScoreResult): string {
  if (loss === null) return "losses were not asked for";
  const gain = loss.intervals.copyGain;
  const interval = gain === null ? "" : ` [${nats(gain[0])}, ${nats(gain[1])}]`;
  return `loss in nats (${plural(loss.examples, "example")}): first copy ${nats(loss.firstCopy)}, second copy ${nats(loss.secondCopy)}, copy gain ${nats(loss.copyGain)}${interval}`;
}

/** The top heads that a picture points at: those clearly above what uniform attention scores. */
export function standingOut(result: ScoreResult): ScoreResult["top"] {
  return result.top.filter(
    ({ layer, score, low }) =>
      (low ?? score) > uniformOf(result, "induction", layer) + INDUCTION_ATTENTION.aboveUniform,
  );
}
