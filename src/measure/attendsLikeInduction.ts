/**
 * @file When a head's attention counts as that of an induction head. One table: each use has its threshold and the reason for
 * it, on the score `induction` (mean of A[q, q - S + 1] over the second copy, 0 to 1). Attention proves no induction head.
 */
import type { HeadAt } from "../base/headName.ts";
import { uniformOf, type UniformScores } from "./uniformScores.ts";

export const INDUCTION_ATTENTION = {
  /**
   * Anything at all is there: the lower bound of the score. A head that attends like induction in one query of ten is worth a
   * causal test, and null heads of 40 random models stay below it (docs/verdict.md). Used by the sentence under `score` (there
   * also at least `timesUniform` times what uniform attention scores), the verdict's candidates and behaviours, and `phase`.
   */
  least: 0.1,
  /** Above what uniform attention scores on these rows: a picture points at no head that is below it. */
  aboveUniform: 0.05,
  /**
   * The score itself, without a test: what is cut in paired prompts and counted by depth, where a head that does it now and
   * then would add noise. Also at least `timesUniform` times what uniform attention scores.
   */
  substantial: 0.3,
  timesUniform: 2,
  /** What ARENA and induction-head-detector take, on scores that are not this one; for the detector's default and comparison. */
  fixed: 0.4,
  /**
   * From here on induction is what the head mostly does: half of its attention. Below it the verdict has the flag `partial`, and
   * the explorer names no head by its score.
   */
  strong: 0.5,
  /** A head without a name in the explorer is called a part-time induction head above this many times uniform attention. */
  partTimeUniform: 4,
} as const;

/** Whether a score is substantial: at least .3, and twice what uniform attention scores on the same rows. */
export function isSubstantialInduction(score: number, uniform: number): boolean {
  const { substantial, timesUniform } = INDUCTION_ATTENTION;
  return score >= Math.max(substantial, timesUniform * uniform);
}

/** Whether a score is anything at all: its lower bound at least .1, and twice what uniform attention scores on the same rows. */
export function isAnyInduction(low: number, uniform: number): boolean {
  const { least, timesUniform } = INDUCTION_ATTENTION;
  return low >= Math.max(least, timesUniform * uniform);
}

/** The heads whose score is substantial, by what uniform attention scores in their layer. */
export function substantialHeads(
  induction: readonly (readonly number[])[],
  nulls: UniformScores<"induction">,
): HeadAt[] {
  return induction.flatMap((row, layer) => {
    const uniform = uniformOf(nulls, "induction", layer);
    return row.flatMap((score, head) =>
      isSubstantialInduction(score, uniform) ? [{ layer, head }] : [],
    );
  });
}
