/** @file Where to draw the line between heads that attend like induction heads and the rest: three ways, all printed. */
import { INDUCTION_ATTENTION } from "./attendsLikeInduction.ts";
import { InputError } from "../base/errors.ts";
import { moments } from "./moments.ts";

/** A threshold that somebody chose, for comparison: ARENA .4, induction-head-detector .4. */
export const FIXED_THRESHOLD = INDUCTION_ATTENTION.fixed;

/** How a threshold follows from scores of heads that do nothing. */
export interface NullThreshold {
  readonly threshold: number;
  readonly mean: number;
  readonly deviation: number;
}

/**
 * A threshold from the null distribution: mean + z * standard deviation of scores on a control input.
 *
 * The sane reading of a "dynamic threshold by variance" (see legacyVarianceLabel), where the variance is that of the
 * scores of heads and not of attention within rows.
 *
 * @param scores one per head (or per head and shuffle) on control input
 * @param z standard deviations, default 3: one head in 740 of a normal null exceeds it
 * @throws {InputError} "range" for fewer than 2 scores
 */
export function thresholdFromNull(scores: ArrayLike<number>, z = 3): NullThreshold {
  if (scores.length < 2) {
    throw new InputError(
      "range",
      `a threshold from the null needs at least 2 scores, got ${scores.length}`,
    );
  }
  const { mean, standardError } = moments(scores);
  const deviation = standardError * Math.sqrt(scores.length);
  return { threshold: mean + z * deviation, mean, deviation };
}

/** The widest step in the sorted scores. */
export interface Gap {
  /** Middle of the gap. */
  readonly threshold: number;
  readonly below: number;
  readonly above: number;
  readonly size: number;
}

/**
 * A threshold at the largest gap between neighbouring scores.
 *
 * @param scores one per head
 * @param least gaps wholly below this are not looked at (default .1), since the crowd near zero has gaps of its own
 * @returns the gap, or null if no head scores above `least`; the caller decides whether it is large (GPT-2 small: .27)
 */
export function thresholdByGap(scores: ArrayLike<number>, least = 0.1): Gap | null {
  const sorted = Array.from(scores).sort((left, right) => right - left);
  let best: Gap | null = null;
  for (let index = 0; index + 1 < sorted.length && sorted[index]! > least; index++) {
    const [above, below] = [sorted[index]!, sorted[index + 1]!];
    if (best && above - below <= best.size) continue;
    best = { threshold: (above + below) / 2, below, above, size: above - below };
  }
  return best;
}
