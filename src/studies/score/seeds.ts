/** @file What differs between the scores of several seeds. */
import type { ScoreResult } from "./result.ts";

/** @param results of the same model and options, one for each seed */
export function scoreSeeds(
  seeds: readonly number[],
  results: readonly ScoreResult[],
): NonNullable<ScoreResult["seeds"]> {
  const [first] = results as readonly [ScoreResult];
  const heads = first.scores.induction.flatMap((row, layer) =>
    row.map((_, head) => ({ layer, head })),
  );
  const apart = heads.flatMap(({ layer, head }) => {
    const intervals = results.map((result) => result.intervals.induction[layer]![head]!);
    if (intervals.some((interval) => interval === null)) return [];
    const highestLow = Math.max(...intervals.map((interval) => interval![0]));
    const lowestHigh = Math.min(...intervals.map((interval) => interval![1]));
    if (highestLow <= lowestHigh) return [];
    const scores = results.map((result) => result.scores.induction[layer]![head]!);
    return [{ layer, head, least: Math.min(...scores), most: Math.max(...scores) }];
  });
  return {
    seeds: [...seeds],
    induction: results.map(({ scores }) => scores.induction),
    top: results.map(({ top }) => top.map(({ layer, head }) => ({ layer, head }))),
    apart,
  };
}
