/** @file Effects of activation patching, as shares of the difference that the corruption makes. */
import { ratioInterval, type Interval } from "./interval.ts";

/** A metric per sequence in three runs: higher is better by convention. */
export interface PatchedMetric {
  readonly clean: ArrayLike<number>;
  readonly corrupted: ArrayLike<number>;
  readonly patched: ArrayLike<number>;
}

export interface Effect {
  /** Ratio of batch means, not cut to 0 ... 1. */
  readonly effect: number;
  /** 95 % interval over sequences (Fieller); null under 10. */
  readonly interval: Interval | null;
}

/**
 * How much of the clean behaviour comes back when a clean value is put into the corrupted run.
 *
 * denoise = (patched - corrupted) / (clean - corrupted), of batch means.
 *
 * @returns 0 if the patch does nothing, 1 if it restores all
 * @throws {InputError} "range" if |clean - corrupted| is under 3 standard errors: there is nothing to restore
 * @see not abs(clean - corrupted) in the denominator, as others have it: the sign would be lost
 */
export function denoiseEffect({ clean, corrupted, patched }: PatchedMetric): Effect {
  return effectOf(minus(patched, corrupted), minus(clean, corrupted));
}

/**
 * How much of the clean behaviour is lost when a corrupted value is put into the clean run.
 *
 * noise = (clean - patched) / (clean - corrupted), of batch means.
 *
 * @returns 0 if the patch does nothing, 1 if it destroys all; @throws as {@link denoiseEffect}
 */
export function noiseEffect({ clean, corrupted, patched }: PatchedMetric): Effect {
  return effectOf(minus(clean, patched), minus(clean, corrupted));
}

function effectOf(numerators: Float64Array, denominators: Float64Array): Effect {
  const { ratio, interval } = ratioInterval(numerators, denominators);
  return { effect: ratio, interval };
}

function minus(left: ArrayLike<number>, right: ArrayLike<number>): Float64Array {
  return Float64Array.from(left, (value, sequence) => value - right[sequence]!);
}
