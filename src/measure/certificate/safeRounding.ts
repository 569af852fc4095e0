/** @file Bounds as people read them: digits are cut so that the shown bound is never above the proved one. */

const DECIMALS = 4;

/** A lower bound with few decimals, at most the bound itself. */
export function roundedDown(value: number, decimals = DECIMALS): number {
  const digits = 10 ** decimals;
  const whole = Math.floor(value * digits);
  return (whole / digits > value ? whole - 1 : whole) / digits; // the product itself may have been rounded up to the whole number
}

/** The same of an upper bound, at least the bound itself; and of a case that was found, which a lower bound is held against. */
export function roundedUp(value: number, decimals = DECIMALS): number {
  const digits = 10 ** decimals;
  const whole = Math.ceil(value * digits);
  return (whole / digits < value ? whole + 1 : whole) / digits;
}
