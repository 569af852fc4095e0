/** @file Confidence intervals over sequences: logit-t with a correction for skew for scores, t for nats, Fieller's for ratios of effects. */
import { quantileSorted } from "d3-array";
import jStat from "jstat";
import { InputError } from "../base/errors.ts";
import { moments } from "./moments.ts";

/** [low, high]; made anew at each call, so that a Result may hold it. */
export type Interval = [low: number, high: number];

/** Under this many sequences there is no interval: no method that we tried covers what it claims there. */
export const FEWEST_FOR_INTERVAL = 10;

/**
 * How sure the mean of a score between 0 and 1 is: the t interval on the logit scale, longer where scores have a tail.
 *
 * With m the mean over n sequences and e its standard error, logit(m) -+ t * e / (m (1 - m)) mapped back, t the 0.975
 * quantile of Student's t with n - 1 degrees of freedom. It stays within 0 and 1 and is longer towards the middle. On the
 * side of the tail (up for skewness > 0) it reaches at least as far as Hall's interval for skewed values, which
 * matters for heads whose score is near 0 except on a few sequences. If all values are equal the interval has no width: [1, 1] for a perfect
 * head says that every sequence agreed, and nothing about sequences unlike these.
 *
 * @param values one score per sequence, independent, from 0 to 1; rounding beyond that up to 1e-5 is cut off
 * @returns [low, high], or null under {@link FEWEST_FOR_INTERVAL} values
 * @throws {InputError} "range" for values outside 0 to 1, or NaN
 * @see docs/benchmark.md for measured coverage (`npm run bench:coverage`); Hall 1992, doi.org/10.2307/2346112. Without
 *   the tail it covered .909, .920 and .936 at n = 10, 30 and 100 over all heads of a small trained model, all near 0, and
 *   with it .931, .940 and .947, for a width of 13 % more at n = 30 in the median there, and 2 % on planted heads
 */
export function scoreInterval(values: ArrayLike<number>, level = 0.95): Interval | null {
  checkScores(values);
  if (values.length < FEWEST_FOR_INTERVAL) return null;
  const scores = Array.from(values, (value) => clamp(value));
  const { mean, standardError } = moments(scores);
  if (standardError === 0 || mean <= 0 || mean >= 1) return [mean, mean];
  const logit = Math.log(mean / (1 - mean));
  const t = tQuantile(values.length, level);
  const reach = (t * standardError) / (mean * (1 - mean));
  const tail = tailBound(scores, t);
  const [low, high] = [logistic(logit - reach), logistic(logit + reach)];
  return [clamp(Math.min(low, tail)), clamp(Math.max(high, tail))];
}

/**
 * The bound of Hall's interval on the side where values have their tail; the mean if they have none.
 *
 * With g the skewness, Q(x) = x + g x^2 / 3 + g^2 x^3 / 27 + g / (6 n) makes (m - mean) / s nearly normal for skewed
 * values; the bound is m - s Q^-1(-+ t / sqrt(n)).
 */
function tailBound(values: readonly number[], t: number): number {
  const count = values.length;
  const { mean, standardError } = moments(values);
  const deviation = standardError * Math.sqrt(count);
  const third = values.reduce((sum, value) => sum + ((value - mean) / deviation) ** 3, 0);
  const skewness = (third * count) / ((count - 1) * (count - 2));
  if (Math.abs(skewness) < LEAST_SKEWNESS) return mean;
  const quantile = (-Math.sign(skewness) * t) / Math.sqrt(count);
  const inner = 1 + skewness * (quantile - skewness / (6 * count));
  return mean - (deviation * 3 * (Math.cbrt(inner) - 1)) / skewness;
}

/** Under this the correction is of the order of rounding, and its formula divides by the skewness. */
const LEAST_SKEWNESS = 1e-6;

/**
 * How sure a mean is whose values have no bounds, such as nats: mean -+ t * standard error.
 *
 * @param values one number per sequence, independent
 * @returns [low, high], or null under {@link FEWEST_FOR_INTERVAL} values
 * @throws {InputError} "range" for NaN or infinite values
 */
export function meanInterval(values: ArrayLike<number>, level = 0.95): Interval | null {
  checkFinite("meanInterval", values);
  if (values.length < FEWEST_FOR_INTERVAL) return null;
  const { mean, standardError } = moments(values);
  const reach = tQuantile(values.length, level) * standardError;
  return [mean - reach, mean + reach];
}

/**
 * How sure a ratio of two batch means is: Fieller's interval.
 *
 * The ratio is r = mean(x) / mean(y). The interval has every r' for which the mean of x - r' y is within t standard errors of 0, t the
 * 0.975 quantile of Student's t with n - 1 degrees of freedom: the numbers between the roots of
 * r'^2 (my^2 - k syy) - 2 r' (mx my - k sxy) + mx^2 - k sxx = 0, with means m, covariances s and k = t^2 / n. It is not cut to 0 ... 1.
 *
 * @param numerators one number per sequence, such as patched - corrupted
 * @param denominators of the same sequences, such as clean - corrupted
 * @returns ratio, and [low, high] or null under {@link FEWEST_FOR_INTERVAL} sequences
 * @throws {InputError} "range" if the mean denominator is within 3 standard errors of 0: there is no effect to divide
 * @see Fieller 1954, doi.org/10.1111/j.2517-6161.1954.tb00159.x. Exact where x and y are normal; over four kinds of values it covers
 *   .90 to .96 at n = 10, where a percentile bootstrap covers .85 to .90 (docs/benchmark.md)
 */
export function ratioInterval(
  numerators: ArrayLike<number>,
  denominators: ArrayLike<number>,
): { readonly ratio: number; readonly interval: Interval | null } {
  checkFinite("ratioInterval", numerators);
  checkFinite("ratioInterval", denominators);
  checkDenominators(numerators.length, denominators);
  const count = numerators.length;
  const [above, below] = [moments(numerators).mean, moments(denominators).mean];
  const ratio = above / below;
  if (count < FEWEST_FOR_INTERVAL) return { ratio, interval: null };
  // Around the ratio itself, r' = r + d: what is squared stays small, and exact proportion has no width.
  const rest = Float64Array.from(numerators, (value, at) => value - ratio * denominators[at]!);
  const reach = tQuantile(count) ** 2 / count;
  const left = below ** 2 - reach * covariance(denominators, denominators); // above 0: t < 3 from 10 values on
  const half = (reach * covariance(rest, denominators)) / left;
  const root = Math.sqrt(half ** 2 + (reach * covariance(rest, rest)) / left);
  return { ratio, interval: [ratio - half - root, ratio - half + root] };
}

/** Of a sample: divided by one less than there are values. */
function covariance(left: ArrayLike<number>, right: ArrayLike<number>): number {
  const [one, other] = [moments(left).mean, moments(right).mean];
  let sum = 0;
  for (let index = 0; index < left.length; index++)
    sum += (left[index]! - one) * (right[index]! - other);
  return sum / (left.length - 1);
}

/** The value below which a share `probability` of the ascending `sorted` lies, between neighbours in proportion. */
export function quantile(sorted: ArrayLike<number>, probability: number): number {
  return quantileSorted(sorted as number[], probability)!;
}

/** Half-width of a two-sided t interval of `count` values, in standard errors. */
export function tQuantile(count: number, level = 0.95): number {
  return jStat.studentt.inv((1 + level) / 2, count - 1);
}

function logistic(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

const ROUNDING = 1e-5;

function checkScores(values: ArrayLike<number>): void {
  const wrong = Array.from(values).findIndex(
    (value) => !(value >= -ROUNDING && value <= 1 + ROUNDING),
  );
  if (wrong < 0) return;
  throw new InputError(
    "range",
    `scoreInterval needs scores from 0 to 1, got ${values[wrong]} for sequence ${wrong}`,
  );
}

function checkFinite(asker: string, values: ArrayLike<number>): void {
  const wrong = Array.from(values).findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return;
  throw new InputError(
    "range",
    `${asker} needs finite numbers, got ${values[wrong]} for sequence ${wrong}`,
  );
}

function checkDenominators(count: number, denominators: ArrayLike<number>): void {
  if (denominators.length !== count) {
    throw new InputError(
      "shape",
      `ratioInterval needs one denominator per numerator, got ${count} and ${denominators.length}`,
    );
  }
  const { mean, standardError } = moments(denominators);
  if (count >= 2 ? Math.abs(mean) >= 3 * standardError && mean !== 0 : mean !== 0) return;
  throw new InputError(
    "range",
    `a ratio of effects needs a denominator of at least 3 standard errors, got ${mean} with standard error ${standardError}`,
  );
}
