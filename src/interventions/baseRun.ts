/** @file A run of token rows whose values at every point are kept, to begin patched runs with and to take patches from. */
import type { Tensor } from "../base/tensor.ts";
import type { MetricName } from "../results/causalNames.ts";
import type { Trace } from "../base/backend.ts";
import type { Chain, MetricFeeds, State } from "./chain.ts";
import { takeRows } from "./rows.ts";

export interface BaseRun {
  /** All values that any point needs, [examples, ...]. */
  readonly saved: State;
  readonly metrics: Trace;
}

/** Runs a few rows, no more than `chain.rows`, and saves what every point needs. */
export async function baseRun(
  chain: Chain,
  tokens: Tensor<Int32Array>,
  feeds: MetricFeeds,
): Promise<BaseRun> {
  const saved = new Map<string, Tensor>();
  const begin = await chain.embed(tokens);
  const metrics = await chain.finish(begin, chain.points[0]!.name, feeds, ({ needs }, state) => {
    for (const name of needs) saved.set(name, state.get(name)!);
    return state;
  });
  return { saved, metrics };
}

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

export type PerExample = Readonly<Partial<Record<MetricName, Float64Array>>>;
