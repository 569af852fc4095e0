/**
 * Spearman's rank correlation: the correlation of ranks, ties at their mean rank.
 *
 * @returns -1 to 1; numbers that have nothing to do with each other have 0 in expectation; null where either list is one number
 */
export function rankCorrelation(one: readonly number[], other: readonly number[]): number | null {
  const [a, b] = [ranks(one), ranks(other)];
  const middle = (one.length + 1) / 2;
  const product = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, rank, at) => sum + (rank - middle) * (y[at]! - middle), 0);
  const size = Math.sqrt(product(a, a) * product(b, b));
  return size === 0 ? null : product(a, b) / size;
}

/** From 1 on; equal numbers share the mean of their ranks. */
function ranks(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  return values.map((value) => {
    const first = sorted.indexOf(value);
    return (first + sorted.lastIndexOf(value)) / 2 + 1;
  });
}
