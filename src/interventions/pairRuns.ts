/** @file Clean and corrupted runs, which every patch begins with and is measured against. */
import { nextTokens } from "../measure/nextTokens.ts";
import { InputError } from "../base/errors.ts";
import { othersOf, type Pair } from "../inputs/pair.ts";
import { denoiseEffect } from "../measure/effects.ts";
import { moments } from "../measure/moments.ts";
import type { MetricName } from "../results/causalNames.ts";
import { feedsFor } from "./chunks.ts";
import { savedRun } from "./savedRun.ts";
import type { Chain } from "./chain.ts";
import type { MetricFeeds, State } from "./chainRun.ts";
import { metricReader } from "./readMetrics.ts";
import { takeRows } from "./rows.ts";

/** Numbers of each example by metric. */
export type PerExample = Readonly<Partial<Record<MetricName, Float64Array>>>;

/** The metrics of the runs without any change, over all examples. */
export interface PairMetrics {
  readonly clean: PerExample;
  readonly corrupted: PerExample;
}

/** Each position should predict its target, or else the next token of the clean run. */
export function nextTokenFeeds({
  clean,
  targets = nextTokens(clean),
  positions,
}: Pick<Pair, "clean" | "targets" | "positions">): MetricFeeds {
  return { targets, positions };
}

/** What the metrics of a pair read. */
export function metricFeedsOf(pair: Pair, metrics: readonly MetricName[]): MetricFeeds {
  return {
    ...nextTokenFeeds(pair),
    ...(metrics.includes("logit-difference") && { others: othersOf(pair) }),
  };
}

export interface BothRuns {
  readonly clean: State;
  readonly corrupted: State;
  readonly states: readonly State[];
  readonly read: Readonly<Partial<Record<MetricName, ReturnType<typeof metricReader>>>>;
}

/** Clean and corrupted runs of a few examples: their states, their metrics into `runs`, and how to read metrics. */
export async function bothRuns(
  chain: Chain,
  pair: Pair,
  feeds: MetricFeeds,
  chunk: readonly number[],
  metrics: readonly MetricName[],
  runs: PairMetrics,
): Promise<BothRuns> {
  const chunkFeeds = feedsFor(feeds, chunk);
  const clean = await savedRun(chain, takeRows(pair.clean, chunk), chunkFeeds);
  const corrupted = await savedRun(chain, takeRows(pair.corrupted, chunk), chunkFeeds);
  const read = Object.fromEntries(
    metrics.map((name) => [name, metricReader(name, clean.metrics)]),
  ) as Record<MetricName, ReturnType<typeof metricReader>>;
  chunk.forEach((example, row) => {
    for (const name of metrics) {
      runs.clean[name]![example] = read[name](clean.metrics, row, row);
      runs.corrupted[name]![example] = read[name](corrupted.metrics, row, row);
    }
  });
  const states = [clean.saved, corrupted.saved];
  return { clean: clean.saved, corrupted: corrupted.saved, states, read };
}

/** Refused before any patch: there would be nothing to share out. */
export function checkDifference(runs: PairMetrics, metric: MetricName): void {
  if (differs(runs, metric)) return;
  const [clean, corrupted] = [runs.clean[metric]!, runs.corrupted[metric]!];
  const { mean, standardError } = moments(clean.map((value, row) => value - corrupted[row]!));
  throw new InputError(
    "range",
    `effects need clean and corrupted runs that differ by at least 3 standard errors, got a difference of ${mean.toPrecision(3)} in ${metric} with standard error ${standardError.toPrecision(3)}; more examples may tell them apart (\`numExamples\`), and activation patching has the metric of each run without effects (\`raw\`)`,
  );
}

/** Whether there is something to share out: |clean - corrupted| of at least 3 standard errors. */
export function differs({ clean, corrupted }: PairMetrics, metric: MetricName): boolean {
  const [c, k] = [clean[metric]!, corrupted[metric]!];
  try {
    denoiseEffect({ clean: c, corrupted: k, patched: k });
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}
