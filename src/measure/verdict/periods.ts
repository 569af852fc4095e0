/** @file The periods at which a verdict looks at attention. */

/** With fewer tokens between copies, the stripes of different behaviours lie on or beside each other. */
export const LEAST_PERIOD = 4;

/** Shorter periods as a share of the longest: far enough apart that no fixed distance is near the stripe at all of them. */
const SHARES = [0.8, 0.62];

/**
 * Up to three periods, the longest first, none dividing another.
 *
 * @returns [32, 26, 20] for 32; fewer where there is no room: [5, 4] for 5, [4] for 4
 */
export function periodsFrom(longest: number): number[] {
  const periods = [longest];
  for (const share of SHARES) {
    const target = Math.round(share * longest);
    const shorter = Array.from(
      { length: Math.max(0, periods.at(-1)! - LEAST_PERIOD) },
      (_, index) => LEAST_PERIOD + index,
    ).sort((a, b) => Math.abs(a - target) - Math.abs(b - target));
    const fitting = shorter.find((period) => periods.every((other) => other % period !== 0));
    if (fitting !== undefined) periods.push(fitting);
  }
  return periods;
}
