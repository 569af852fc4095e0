/** @file `patch`: activation patching of every component, from the first layer that it changes. */
import { engineFor } from "../../runtime/engineFor.ts";
import type { StudyOptions } from "../common/studyOptions.ts";
import { InputError } from "../../base/errors.ts";
import { moments } from "../../measure/moments.ts";
import type { LoadedModel } from "../../models/loaded.ts";
import type { MetricName, UnitName } from "../../results/causalNames.ts";
import type { PatchResult } from "./result.ts";
import { baseRun, chunksOf, feedsFor, type PerExample } from "../../interventions/baseRun.ts";
import {
  openChain,
  type Chain,
  type MetricFeeds,
  type State,
  type SweepLog,
} from "../../interventions/chain.ts";
import { componentsOf, type Component } from "../../interventions/components.ts";
import { keptRuns } from "../../interventions/keptRuns.ts";
import { othersOf, pairOf, targetsOf, type Pair, type PairOptions } from "../../inputs/pair.ts";
import { differs, patchResultOf } from "./buildResult.ts";
import { patchVariants } from "./patchVariants.ts";
import { metricReader } from "../../interventions/readMetrics.ts";
import { takeRows } from "../../interventions/rows.ts";
import { hooksFor } from "../../interventions/units.ts";
import { runVariants } from "../../interventions/variantRuns.ts";

export interface PatchOptions extends PairOptions, StudyOptions {
  /** What is patched; left out: head-out. */
  readonly unit?: UnitName | undefined;
  /** Patch each position by itself; left out: all positions together. */
  readonly byPosition?: boolean | undefined;
  /** Only these heads, layer.head (for keys and values layer.kvHead); left out: all. */
  readonly heads?: readonly string[] | undefined;
  /** Patch each entry [query, key] of the patterns of `heads` by itself, not normalised again; left out: false. */
  readonly byCell?: boolean | undefined;
  /** Left out: denoise. */
  readonly mode?: "denoise" | "noise" | undefined;
  /** Left out: log-probability. */
  readonly metric?: MetricName | undefined;
  /** Only the metric of each run and no effects, which need clean and corrupted runs that differ; left out: false. */
  readonly raw?: boolean | undefined;
  /** Only these layers; left out: all. */
  readonly layers?: readonly number[] | undefined;
  /** Least size of an effect in the list of important components; left out: .02. */
  readonly threshold?: number | undefined;
  /** Longest that list may be; left out: 10. */
  readonly topK?: number | undefined;
  /** What an interrupted sweep with the same model and options left behind. */
  readonly log?: SweepLog | undefined;
}

/** The metrics of a study over all examples. */
export interface PatchedRuns {
  readonly clean: PerExample;
  readonly corrupted: PerExample;
  /** One for each component, in their order. */
  readonly patched: readonly PerExample[];
}

/**
 * Patches every component of a kind and reads a metric.
 *
 * denoise: the corrupted run with the component's clean value; effect = (patched - corrupted) / (clean - corrupted).
 * noise: the clean run with its corrupted value; effect = (clean - patched) / (clean - corrupted). Ratios of batch means,
 * never cut to 0 ... 1.
 *
 * @returns the Result of DESIGN 6. A component that carries nothing has effect 0; effects of different components need
 *   not add up to 1
 * @throws {InputError} "range" if clean and corrupted differ by less than 3 standard errors in the metric, "unit" for
 *   values that the model does not have, and as {@link pairOf}; @throws {UnableError} if memory does not suffice
 * @throws {AbortError} between two runs once `signal` is aborted
 * @see TransformerLens `patching.get_act_patch_*`, which runs every patch from the first layer and gives the raw metric
 */
export async function patch(model: LoadedModel, options: PatchOptions = {}): Promise<PatchResult> {
  const backend = await engineFor(model, options);
  const { metric = "log-probability", byPosition = false, byCell = false } = options;
  const unit = options.unit ?? (byCell ? "head-pattern" : "head-out");
  const pair = await pairOf(model.architecture, options);
  const components = componentsOf(model.architecture, unit, {
    ...(options.layers && { layers: options.layers }),
    ...(options.heads && { heads: options.heads }),
    positions: byPosition || byCell ? pair.clean.shape[1]! : null,
    byCell,
  });
  await model.unchanged();
  const started = performance.now();
  const metrics = [...new Set<MetricName>([metric, "centred-logit"])];
  const chain = await openChain(model, backend, {
    hooks: hooksFor([unit]),
    metrics,
    length: pair.clean.shape[1]!,
    positions: pair.positions.length,
    signal: options.signal,
    log: options.log,
  });
  const prepared = performance.now();
  try {
    const runs = await patchedRuns(chain, pair, metrics, components, { ...options, unit });
    await model.unchanged();
    return patchResultOf(model, backend, pair, components, runs, {
      ...options,
      unit,
      metric,
      timings: { prepare: prepared - started, run: performance.now() - prepared },
    });
  } finally {
    await chain.dispose();
  }
}

/** Metrics of the clean, the corrupted and every patched run; examples go through a few at a time. */
export async function patchedRuns(
  chain: Chain,
  pair: Pair,
  metrics: readonly MetricName[],
  components: readonly Component[],
  {
    unit,
    mode = "denoise",
    raw = false,
    progress,
  }: Pick<PatchOptions, "mode" | "raw" | "progress"> & { readonly unit: UnitName },
): Promise<PatchedRuns> {
  const [examples] = pair.clean.shape as readonly [number];
  const feeds = metricFeedsOf(pair, metrics);
  const empty = (): PerExample =>
    Object.fromEntries(metrics.map((name) => [name, new Float64Array(examples)]));
  const runs = { clean: empty(), corrupted: empty(), patched: components.map(empty) };
  const chunks = chunksOf(examples, chain.rows);
  const kept = keptRuns<BothRuns>();
  const both = (chunk: readonly number[]) =>
    kept(chunk.join(), () => bothRuns(chain, pair, feeds, chunk, metrics, runs));
  for (const chunk of chunks) await both(chunk);
  if (!raw) checkDifference(runs, metrics[0]!);
  const total = components.length * examples;
  let done = 0;
  for (const chunk of chunks) {
    const { clean, corrupted, read: readers } = await both(chunk);
    const [base, source] = mode === "denoise" ? [corrupted, clean] : [clean, corrupted];
    for await (const { from, places, variants } of patchVariants(
      chain,
      components,
      unit,
      base,
      source,
    )) {
      const group = { from, base, examples: chunk.length, feeds: feedsFor(feeds, chunk), variants };
      await runVariants(chain, group, {
        read: (trace, row, { example }) =>
          metrics.map((name) => readers[name]!(trace, row, example)),
        put: ({ variant, example }, numbers) =>
          metrics.forEach((name, index) => {
            runs.patched[places[variant]!]![name]![chunk[example]!] = numbers[index]!;
          }),
        ran: (rows) => progress?.("patching", (done += rows), total),
      });
    }
  }
  return runs;
}

/** What the metrics of a pair read. */
export function metricFeedsOf(pair: Pair, metrics: readonly MetricName[]): MetricFeeds {
  return {
    targets: targetsOf(pair.clean),
    ...(metrics.includes("logit-difference") && { others: othersOf(pair) }),
    positions: pair.positions,
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
  runs: Pick<PatchedRuns, "clean" | "corrupted">,
): Promise<BothRuns> {
  const few = feedsFor(feeds, chunk);
  const clean = await baseRun(chain, takeRows(pair.clean, chunk), few);
  const corrupted = await baseRun(chain, takeRows(pair.corrupted, chunk), few);
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
export function checkDifference(
  runs: Pick<PatchedRuns, "clean" | "corrupted">,
  metric: MetricName,
): void {
  if (differs(runs, metric)) return;
  const [clean, corrupted] = [runs.clean[metric]!, runs.corrupted[metric]!];
  const { mean, standardError } = moments(clean.map((value, row) => value - corrupted[row]!));
  throw new InputError(
    "range",
    `effects need clean and corrupted runs that differ by at least 3 standard errors, got a difference of ${mean.toPrecision(3)} in ${metric} with standard error ${standardError.toPrecision(3)}; the metric of each run can be had without effects (raw)`,
  );
}
