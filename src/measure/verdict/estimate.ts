/** @file A mean with its 95 % interval; under ten examples there is no interval. */
import { FEWEST_FOR_INTERVAL, meanInterval, scoreInterval, tQuantile } from "../interval.ts";
import { moments } from "../moments.ts";

export interface Estimate {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** The mean of scores between 0 and 1, logit-t interval. */
export function scoreEstimate(values: readonly number[]): Estimate {
  return estimate(values, scoreInterval(values));
}

/** The mean of numbers without bounds, such as differences or nats, t interval. */
export function meanEstimate(values: readonly number[]): Estimate {
  return estimate(values, meanInterval(values));
}

/** A mean from its sums over `count` sequences, t interval. */
export function summedEstimate(sum: number, squares: number, count: number): Estimate {
  const value = sum / count;
  if (count < FEWEST_FOR_INTERVAL) return { value, low: null, high: null };
  const variance = Math.max(0, squares / count - value * value) / (count - 1);
  const reach = tQuantile(count) * Math.sqrt(variance);
  return { value, low: value - reach, high: value + reach };
}

function estimate(values: readonly number[], interval: readonly [number, number] | null): Estimate {
  const [low, high] = interval ?? [null, null];
  return { value: moments(values).mean, low, high };
}

/** The surest that can be said from below: the lower bound, or the mean where there is no interval. */
export function atLeast({ value, low }: Estimate): number {
  return low ?? value;
}

/** The surest that can be said from above. */
export function atMost({ value, high }: Estimate): number {
  return high ?? value;
}

/** Of several estimates the one whose lower bound is least. */
export function weakest<Item extends Estimate>(estimates: readonly Item[]): Item {
  return estimates.reduce((least, next) => (atLeast(next) < atLeast(least) ? next : least));
}

/**
 * The mean of estimates that share no examples, each with the same weight. Distances to the bounds add up by their squares.
 *
 * @see Zou & Donner 2008, Construction of confidence limits about effect measures (method of variance estimates recovery)
 */
export function meanOfEstimates(estimates: readonly Estimate[]): Estimate {
  const value = moments(estimates.map((each) => each.value)).mean;
  const reach = (of: (each: Estimate) => number) =>
    Math.hypot(...estimates.map(of)) / estimates.length;
  if (estimates.some(({ low, high }) => low === null || high === null))
    return { value, low: null, high: null };
  return {
    value,
    low: value - reach((each) => each.value - each.low!),
    high: value + reach((each) => each.high! - each.value),
  };
}

/** Whether a threshold lies within the interval, so that other sequences might decide otherwise. */
export function spans({ low, high }: Estimate, threshold: number): boolean {
  return low !== null && high !== null && low < threshold && high > threshold;
}
