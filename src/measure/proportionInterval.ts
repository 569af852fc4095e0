import { InputError } from "../base/errors.ts";
import type { Interval } from "./interval.ts";

const Z = 1.959963984540054; // 97.5 % of the standard normal distribution

/**
 * The 95 % interval of a share by Wilson's score method.
 *
 * @param successes of `count` independent draws
 * @returns ends within 0 to 1; never a single point, also for 0 or all successes
 * @throws {InputError} "range" unless 0 <= successes <= count and count >= 1
 * @see Wilson 1927; Brown, Cai and DasGupta 2001
 */
export function proportionInterval(successes: number, count: number): Interval {
  if (!(count >= 1 && successes >= 0 && successes <= count))
    throw new InputError("range", `a share needs 0 to ${count} successes, got ${successes}`);
  const share = successes / count;
  const shrink = 1 + Z ** 2 / count;
  const middle = (share + Z ** 2 / (2 * count)) / shrink;
  const half = (Z / shrink) * Math.sqrt((share * (1 - share)) / count + (Z / (2 * count)) ** 2);
  const low = successes === 0 ? 0 : Math.max(0, middle - half); // exact ends, which rounding misses
  return [low, successes === count ? 1 : Math.min(1, middle + half)];
}
