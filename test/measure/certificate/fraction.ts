/** @file Exact rational numbers: what outward-rounded arithmetic is held against. */

export interface Fraction {
  readonly over: bigint;
  readonly under: bigint;
}

/** The number that a float64 is. */
export function fraction(value: number): Fraction {
  if (Number.isInteger(value)) return { over: BigInt(value), under: 1n };
  const half = fraction(value * 2);
  return { over: half.over, under: half.under * 2n };
}

export const added = (a: Fraction, b: Fraction): Fraction => ({
  over: a.over * b.under + b.over * a.under,
  under: a.under * b.under,
});
export const negative = ({ over, under }: Fraction): Fraction => ({ over: -over, under });
export const multiplied = (a: Fraction, b: Fraction): Fraction => ({
  over: a.over * b.over,
  under: a.under * b.under,
});
export const divided = (a: Fraction, b: Fraction): Fraction => {
  const sign = b.over < 0n ? -1n : 1n;
  return { over: sign * a.over * b.under, under: sign * a.under * b.over };
};
export const atMost = (a: Fraction, b: Fraction) => a.over * b.under <= b.over * a.under;

/** Whether an exact number lies between two float64. */
export const within = (value: Fraction, { low, high }: { low: number; high: number }) =>
  atMost(fraction(low), value) && atMost(value, fraction(high));

/**
 * e^x within a share of 10^-30, as a lower and an upper number: 1 / e^-x for x below 0, else the series in units of 2^-256, each
 * term rounded down for the one and up for the other, and cut where the next terms are under half of the one before.
 */
export function exactExp(x: Fraction): { readonly low: Fraction; readonly high: Fraction } {
  if (x.over < 0n) {
    const { low, high } = exactExp(negative(x));
    const whole = fraction(1);
    return { low: divided(whole, high), high: divided(whole, low) };
  }
  const unit = 1n << 256n;
  let [low, high, least, most] = [unit, unit, unit, unit];
  const terms = 100 + 6 * Number(x.over / x.under);
  for (let index = 1n; index <= BigInt(terms); index++) {
    least = (least * x.over) / (x.under * index);
    most = (most * x.over) / (x.under * index) + 1n;
    low += least;
    high += most;
  }
  return { low: { over: low, under: unit }, high: { over: high + most, under: unit } };
}
