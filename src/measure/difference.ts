import jStat from "jstat";
import { FEWEST_FOR_INTERVAL } from "./interval.ts";
import { InputError } from "../base/errors.ts";
import { moments } from "./moments.ts";

/** How one mean differs from another: second - first. */
export interface Difference {
  readonly value: number;
  /** Of the 95 % interval; null under 10 rows. */
  readonly low: number | null;
  readonly high: number | null;
  /** Of the test that the means differ by no more than the margin; null under 10 rows. */
  readonly p: number | null;
}

export interface DifferenceOptions {
  /** Whether row i of both is the same input. Left out: true. */
  readonly paired?: boolean | undefined;
  /** Difference that still counts as none. Left out: 0. */
  readonly margin?: number | undefined;
}

/**
 * How the mean of `second` differs from that of `first`, one number per row.
 *
 * Paired: with d[i] = second[i] - first[i], D = mean of d and e its standard error, the interval is D -+ t e with n - 1 degrees
 * of freedom. Else D is the difference of means, e^2 = e1^2 + e2^2, and the degrees of freedom are Welch's.
 * H0: |difference of the true means| <= margin. p = P(T >= (|D| - margin) / e) + P(T >= (|D| + margin) / e), which for a
 * margin of 0 is the two-sided t test.
 *
 * @returns D in the unit of the values. Where both come from one distribution p is uniform for a margin of 0, and larger for
 *   others. If no row differs from another (e = 0), p is 0 beyond the margin and 1 within
 * @throws {InputError} "shape" for paired rows of unequal number or none at all, "range" for values that are not finite
 */
export function differenceOf(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  { paired = true, margin = 0 }: DifferenceOptions = {},
): Difference {
  checkRows(first, second, paired);
  const { value, error, freedom } = paired
    ? pairedMoments(first, second)
    : welchMoments(first, second);
  if (Math.min(first.length, second.length) < FEWEST_FOR_INTERVAL)
    return { value, low: null, high: null, p: null };
  if (error === 0) return { value, low: value, high: value, p: Math.abs(value) > margin ? 0 : 1 };
  const reach = jStat.studentt.inv(0.975, freedom) * error;
  const above = (distance: number) => upperTail(distance / error, freedom);
  const size = Math.abs(value);
  const p = Math.min(1, above(size - margin) + above(size + margin));
  return { value, low: value - reach, high: value + reach, p };
}

interface Spread {
  readonly value: number;
  readonly error: number;
  readonly freedom: number;
}

function pairedMoments(first: ArrayLike<number>, second: ArrayLike<number>): Spread {
  const differences = Float64Array.from(second, (value, row) => value - first[row]!);
  const { mean, standardError } = moments(differences);
  return { value: mean, error: standardError, freedom: differences.length - 1 };
}

function welchMoments(first: ArrayLike<number>, second: ArrayLike<number>): Spread {
  const [earlier, other] = [moments(first), moments(second)];
  const [a, b] = [earlier.standardError ** 2, other.standardError ** 2];
  const freedom = (a + b) ** 2 / (a ** 2 / (first.length - 1) + b ** 2 / (second.length - 1));
  return { value: other.mean - earlier.mean, error: Math.sqrt(a + b), freedom };
}

/** P(T >= t); the lower tail keeps its digits where 1 - P would lose them. */
function upperTail(t: number, freedom: number): number {
  return Math.max(0, jStat.studentt.cdf(-t, freedom));
}

function checkRows(first: ArrayLike<number>, second: ArrayLike<number>, paired: boolean): void {
  const fits = first.length > 0 && second.length > 0 && (!paired || first.length === second.length);
  if (!fits)
    throw new InputError(
      "shape",
      `a difference needs ${paired ? "as many rows on both sides, and at least one" : "rows on both sides"}, got ${first.length} and ${second.length}`,
    );
  for (const values of [first, second]) {
    const wrong = Array.from(values).findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0)
      throw new InputError(
        "range",
        `a difference needs finite numbers, got ${values[wrong]} in row ${wrong}`,
      );
  }
}
