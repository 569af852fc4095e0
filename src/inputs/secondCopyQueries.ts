/** Positions that predict tokens 2 ... S of the second copy: start + S ... start + 2S - 2. */
export function secondCopyQueries({
  start,
  period,
}: {
  readonly start: number;
  readonly period: number;
}): number[] {
  return Array.from({ length: period - 1 }, (_, offset) => start + period + offset);
}
