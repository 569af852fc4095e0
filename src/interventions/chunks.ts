/** @file Examples a few at a time. */
import type { MetricFeeds } from "./chainRun.ts";
import { takeRows } from "./rows.ts";

/** The feeds of some rows. */
export function feedsFor(
  { targets, others, positions }: MetricFeeds,
  examples: readonly number[],
): MetricFeeds {
  return {
    targets: takeRows(targets, examples),
    ...(others && { others: takeRows(others, examples) }),
    positions,
  };
}

/** 0 ... count - 1 in lists of at most `size`. */
export function chunksOf(count: number, size: number): number[][] {
  return Array.from({ length: Math.ceil(count / size) }, (_, chunk) =>
    Array.from(
      { length: Math.min(size, count - chunk * size) },
      (_entry, index) => chunk * size + index,
    ),
  );
}
