/** Mean and standard error of independent values; sums in float64. */
export interface Moments {
  readonly mean: number;
  /** Standard deviation (n - 1 in the denominator) over the square root of n; NaN for one value. */
  readonly standardError: number;
}

/** Mean and standard error of `values`, two passes. */
export function moments(values: ArrayLike<number>): Moments {
  const count = values.length;
  let sum = 0;
  for (let index = 0; index < count; index++) sum += values[index]!;
  const mean = sum / count;
  let squares = 0;
  for (let index = 0; index < count; index++) squares += (values[index]! - mean) ** 2;
  return { mean, standardError: Math.sqrt(squares / (count - 1) / count) };
}
