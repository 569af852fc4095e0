/** @file Bounds as people read them: digits are cut so that what is shown is never more than what is proved. */

const DIGITS = 1e4;

/** A lower bound with four decimals, at most the bound itself. */
export function roundedDown(value: number): number {
  return Math.floor(value * DIGITS) / DIGITS;
}

/** A case that was found, with four decimals: what the bound is held against is not made smaller by them. */
export function roundedUp(value: number): number {
  return Math.ceil(value * DIGITS) / DIGITS;
}
