/**
 * @file Outward-rounded arithmetic on float64: every number has a lower and an upper end between which the real value surely
 * lies. JavaScript has no rounding modes, so each result of an operation, which is within half a unit in the last place, is
 * moved outward by one unit or more. What is not finite stays so, and proves nothing.
 */

/** All reals from low to high, both included. */
export interface Enclosure {
  readonly low: number;
  readonly high: number;
}

/** At least one unit in the last place of a number, as a share of it. */
export const UNIT = 2 ** -52;
/** More than any error of an operation whose result is too small to be normal. */
export const LEAST = 2 ** -1000;

/** A lower bound of the exact result whose rounded value is `value`. */
export function down(value: number): number {
  return value - Math.abs(value) * UNIT - LEAST;
}

/** An upper bound of it. */
export function up(value: number): number {
  return value + Math.abs(value) * UNIT + LEAST;
}

export function exactly(value: number): Enclosure {
  return { low: value, high: value };
}

/** All reals within `radius` of `mid`. */
export function around(mid: number, radius: number): Enclosure {
  return { low: down(mid - radius), high: up(mid + radius) };
}

export function plus(a: Enclosure, b: Enclosure): Enclosure {
  return { low: down(a.low + b.low), high: up(a.high + b.high) };
}

export function minus(a: Enclosure, b: Enclosure): Enclosure {
  return { low: down(a.low - b.high), high: up(a.high - b.low) };
}

export function times(a: Enclosure, b: Enclosure): Enclosure {
  const ends = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high];
  return { low: down(Math.min(...ends)), high: up(Math.max(...ends)) };
}

/** @returns everything where the divisor may be 0 */
export function over(a: Enclosure, b: Enclosure): Enclosure {
  if (b.low <= 0 && b.high >= 0) return { low: -Infinity, high: Infinity };
  const ends = [a.low / b.low, a.low / b.high, a.high / b.low, a.high / b.high];
  return { low: down(Math.min(...ends)), high: up(Math.max(...ends)) };
}

/** Of what is not below 0; what lies below counts as 0. */
export function root(a: Enclosure): Enclosure {
  const low = Math.max(0, down(Math.sqrt(Math.max(0, a.low))));
  return { low, high: up(Math.sqrt(Math.max(0, a.high))) };
}

/** Error of {@link exponential} as a share of the result: what `exponential` says, and room. */
const EXP_ERROR = 2 ** -40;
/** Beyond these ends 2^n is not a normal number. */
const EXP_ENDS = { low: -700, high: 700 };

/** A lower bound of e^x. */
export function expDown(x: number): number {
  if (!(x > EXP_ENDS.low)) return 0; // NaN too
  if (x > EXP_ENDS.high) return expDown(EXP_ENDS.high);
  const value = exponential(x);
  return value - value * EXP_ERROR;
}

/** An upper bound of e^x. */
export function expUp(x: number): number {
  if (x < EXP_ENDS.low) return expUp(EXP_ENDS.low);
  if (!(x <= EXP_ENDS.high)) return Infinity; // NaN too
  const value = exponential(x);
  return value + value * EXP_ERROR;
}

export function exp({ low, high }: Enclosure): Enclosure {
  return { low: expDown(low), high: expUp(high) };
}

/** Terms of the series of e^r for |r| <= .36: what is cut off is under .36^15 / 15! < 2^-62. */
const TERMS = 14;

/**
 * e^x without `Math.exp`, of which the language promises no precision: x = n ln 2 + r, and 2^n times the series of e^r.
 *
 * For |x| <= 700 the rounding of n ln 2 is at most 700 2^-53 and the constant's own error 1010 2^-55, together under 2^-43;
 * Horner's rule has under 60 units of 2^-53.
 */
function exponential(x: number): number {
  const n = Math.round(x / Math.LN2);
  const r = x - n * Math.LN2;
  let sum = 1;
  for (let term = TERMS; term >= 1; term--) sum = 1 + (sum * r) / term;
  return sum * 2 ** n;
}
