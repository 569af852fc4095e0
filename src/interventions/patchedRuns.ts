/** @file A sweep of patches: the metrics of every run in which one component has its value of the other run. */
import type { Progress } from "../base/progress.ts";
import type { Pair } from "../inputs/pair.ts";
import type { MetricName, UnitName } from "../results/causalNames.ts";
import { chunksOf, feedsFor } from "./chunks.ts";
import { type PerExample } from "./pairRuns.ts";
import { runCache } from "./runCache.ts";
import type { Chain } from "./chain.ts";
import type { Component } from "./components.ts";
import {
  bothRuns,
  checkDifference,
  metricFeedsOf,
  type BothRuns,
  type PairMetrics,
} from "./pairRuns.ts";
import { patchVariants } from "./patchVariants.ts";
import { runVariants, type VariantRuns } from "./variantRuns.ts";

/** denoise: clean values into the corrupted run; noise: corrupted values into the clean run. */
export type PatchMode = "denoise" | "noise";

/** The metrics of a sweep over all examples. */
export interface PatchedRuns extends PairMetrics {
  /** One for each component, in their order. */
  readonly patched: readonly PerExample[];
}

export interface PatchedRunsPlan {
  readonly unit: UnitName;
  readonly mode: PatchMode;
  /** Whether the metric is wanted even where clean and corrupted runs do not differ. */
  readonly raw: boolean;
}

/** Metrics of the clean, the corrupted and every patched run; examples go through a few at a time. */
export async function patchedRuns(
  chain: Chain,
  pair: Pair,
  metrics: readonly MetricName[],
  components: readonly Component[],
  { unit, mode, raw }: PatchedRunsPlan,
  progress?: Progress,
): Promise<PatchedRuns> {
  const [examples] = pair.clean.shape as readonly [number];
  const feeds = metricFeedsOf(pair, metrics);
  const empty = (): PerExample =>
    Object.fromEntries(metrics.map((name) => [name, new Float64Array(examples)]));
  const runs = { clean: empty(), corrupted: empty(), patched: components.map(empty) };
  const chunks = chunksOf(examples, chain.rows);
  const cachedRun = runCache<BothRuns>(chain.cacheBytes);
  const both = (chunk: readonly number[]) =>
    cachedRun(chunk.join(), () => bothRuns(chain, pair, feeds, chunk, metrics, runs));
  for (const chunk of chunks) await both(chunk);
  if (!raw) checkDifference(runs, metrics[0]!);
  const total = components.length * examples;
  let done = 0;
  for (const chunk of chunks) {
    const { clean, corrupted, read: readers } = await both(chunk);
    const [base, source] = mode === "denoise" ? [corrupted, clean] : [clean, corrupted];
    const chunkOf = { base, examples: chunk.length, feeds: feedsFor(feeds, chunk) };
    const groups = async function* (): AsyncGenerator<VariantRuns> {
      for await (const { from, places, variants } of patchVariants(
        chain,
        components,
        unit,
        base,
        source,
      ))
        yield {
          ...{ ...chunkOf, from, variants },
          read: (trace, row, { example }) =>
            metrics.map((name) => readers[name]!(trace, row, example)),
          store: ({ variant, example }, numbers) =>
            metrics.forEach((name, index) => {
              runs.patched[places[variant]!]![name]![chunk[example]!] = numbers[index]!;
            }),
        };
    };
    await runVariants(chain, groups(), (rows) => progress?.("patching", (done += rows), total));
  }
  return runs;
}
