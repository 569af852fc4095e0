/** @file Bounds as people read them: digits are cut so that what is shown is never more than what is proved. */

const DECIMALS = 4;

/** A lower bound with few decimals, at most the bound itself. */
export function roundedDown(value: number, decimals = DECIMALS): number {
  return Math.floor(value * 10 ** decimals) / 10 ** decimals;
}

/** A case that was found, with few decimals: what the bound is held against is not made smaller by them. */
export function roundedUp(value: number, decimals = DECIMALS): number {
  return Math.ceil(value * 10 ** decimals) / 10 ** decimals;
}
