import { mean } from "./mean.ts";

/** Mean and standard error of independent values; sums in float64. */
export interface Moments {
  readonly mean: number;
  /** Standard deviation (n - 1 in the denominator) over the square root of n; NaN for one value. */
  readonly standardError: number;
}

/** Mean and standard error of `values`, two passes. */
export function moments(values: ArrayLike<number>): Moments {
  const count = values.length;
  const center = mean(values);
  let squares = 0;
  for (let index = 0; index < count; index++) squares += (values[index]! - center) ** 2;
  return { mean: center, standardError: Math.sqrt(squares / (count - 1) / count) };
}
