/** @file What restoring and ablating heads does to the prediction of the second copy, example by example. */
import type { Tensor } from "../../base/tensor.ts";
import type { Trace } from "../../base/backend.ts";
import { feedsFor } from "../../interventions/chunks.ts";
import { atOutputs, savedRun } from "../../interventions/savedRun.ts";
import type { Chain } from "../../interventions/chain.ts";
import type { MetricFeeds, State } from "../../interventions/chainRun.ts";
import type { HeadAt } from "../../base/headName.ts";
import { metricValue } from "../../interventions/metrics.ts";
import type { MeanOutputs } from "../../interventions/meanOutputs.ts";

import { inductionScores } from "../../interventions/inductionScores.ts";
import { hookName } from "../../models/anatomy/hookNames.ts";
import { takeRows, valueOf } from "../../interventions/rows.ts";
import {
  changedState,
  runVariants,
  type Change,
  type Variant,
  type VariantRuns,
} from "../../interventions/variantRuns.ts";
import { nextTokenFeeds } from "../../interventions/pairRuns.ts";
import { replacedFrom, replacedIn, without, type Replacement } from "./headReplacements.ts";
import type { CausalNumbers, Metrics } from "../../measure/verdict/causal.ts";
import type { OutputLengths } from "../../interventions/outputLengths.ts";
import { sizedMean } from "../../interventions/sizedMean.ts";
import { writtenBy, type Readers } from "./copyingRuns.ts";
import type { CausalRows } from "./verdictRows.ts";

/** Heads of a causal step. */
export interface CausalHeads {
  /** Heads that attend like induction: each is restored and ablated, alone and given all others. */
  readonly candidates: readonly HeadAt[];
  /** Random heads of the same layers, for the null. */
  readonly nulls: readonly HeadAt[];
}

const zName = (layer: number) => hookName(layer, "attn.hook_z");

interface Step {
  readonly chain: Chain;
  readonly rows: CausalRows;
  readonly heads: CausalHeads;
  readonly means: MeanOutputs;
  readonly readers: Readers | null;
  readonly lengths: OutputLengths;
  readonly progress: (variants: number) => void;
}

/** Everything about some examples; the numbers of a chunk do not depend on those of others. */
export async function causalRuns(step: Step, chunk: readonly number[]): Promise<CausalNumbers> {
  const { chain, rows, heads, readers } = step;
  const feeds = feedsFor(nextTokenFeeds(rows), chunk);
  const all = [...heads.candidates, ...heads.nulls];
  const outputs = { saves: atOutputs };
  const clean = await savedRun(chain, takeRows(rows.clean, chunk), feeds);
  const corrupted = await savedRun(chain, takeRows(rows.corrupted, chunk), feeds, outputs);
  const others = rows.reference.shape[0]!;
  const sampled = await savedRun(
    chain,
    takeRows(
      rows.reference,
      chunk.map((example) => (example + 1) % others),
    ),
    feeds,
    outputs,
  );
  const run = (from: State, jobs: readonly Job[]) => jobMetrics(step, feeds, from, chunk, jobs);
  const sufficiency = await run(
    corrupted.saved,
    all.map((head) => ({ layer: head.layer, variant: [output(head, clean.saved)] })),
  );
  const { mean, sizedMeans, resample } = await replacementsOf(step, clean.saved, sampled.saved);
  const frozen = await run(
    clean.saved,
    heads.candidates.map((head) => ({
      layer: head.layer,
      variant: [
        ...replacedIn(head.layer, [head], sizedMeans),
        ...laterPatterns(chain, clean.saved, head),
      ],
    })),
  );
  const bySized = await ablations(step, sizedMeans, clean.saved, chunk, feeds);
  const candidateStep = { ...step, heads: { ...heads, nulls: [] } };
  const byMean = await ablations(candidateStep, mean, clean.saved, chunk, feeds);
  const byResample = await ablations(candidateStep, resample, clean.saved, chunk, feeds);
  const outputsRead = readers && (await readers.read(clean.saved, feeds));
  const givenOthers = ({ outputs }: { outputs: State }) =>
    outputsRead && heads.candidates.map((head) => writtenBy(outputs, outputsRead, head, rows));
  return {
    clean: metricsOf(clean.metrics, chunk.length),
    corrupted: metricsOf(corrupted.metrics, chunk.length),
    sufficiency,
    mean: byMean.numbers,
    sizedMean: bySized.numbers,
    resample: byResample.numbers,
    frozen,
    stripe: stripesOf(clean.saved, heads.candidates, rows),
    stripeGivenOthers: byMean.stripes,
    stripeGivenResampled: byResample.stripes,
    directEffects:
      outputsRead && all.map((head) => writtenBy(clean.saved, outputsRead, head, rows)),
    directEffectsGivenOthers: givenOthers(byMean),
    directEffectsGivenResampled: givenOthers(byResample),
  };
}

/** What stands in for heads of some examples: their mean, that as long as they are, and the outputs of other rows. */
async function replacementsOf({ means, heads, lengths }: Step, clean: State, sampled: State) {
  const mean = (layer: number) => means.get(zName(layer))!;
  const sources = new Map<number, Tensor>();
  for (const { layer } of [...heads.candidates, ...heads.nulls])
    if (!sources.has(layer))
      sources.set(
        layer,
        await sizedMean(lengths, layer, valueOf(clean, zName(layer)), mean(layer)),
      );
  return {
    mean: { sourceOf: mean, exampleOf: () => 0 },
    sizedMeans: { sourceOf: (layer) => sources.get(layer)! },
    resample: { sourceOf: (layer) => valueOf(sampled, zName(layer)) },
  } satisfies Record<string, Replacement>;
}

/** Attention to the induction target, [head][example]. */
function stripesOf(state: State, heads: readonly HeadAt[], rows: CausalRows): number[][] {
  return heads.map((head) => inductionScores(state, [head], rows));
}

/** A run that begins at the outputs of a layer. */
interface Job {
  readonly layer: number;
  readonly variant: Variant;
}

/** Metrics of each job, [job] in order; jobs of a layer share their batches. */
async function jobMetrics(
  { chain, progress }: Step,
  feeds: MetricFeeds,
  base: State,
  chunk: readonly number[],
  jobs: readonly Job[],
): Promise<Metrics[]> {
  const numbers = jobs.map((): Metrics => ({ centredLogit: [], logProbability: [] }));
  const groups = [...new Set(jobs.map((job) => job.layer))].map((layer): VariantRuns => {
    const layerJobs = jobs.flatMap((job, index) =>
      job.layer === layer ? [{ ...job, index }] : [],
    );
    return {
      ...{ from: zName(layer), base, examples: chunk.length, feeds },
      variants: layerJobs.map(({ variant }) => variant),
      read: (trace, row) => METRICS.map((name) => trace.get(metricValue(name))!.data[row]!),
      store: ({ variant, example }, [centredLogit, logProbability]) => {
        const into = numbers[layerJobs[variant]!.index]!;
        into.centredLogit[example] = centredLogit!;
        into.logProbability[example] = logProbability!;
      },
    };
  });
  await runVariants(chain, groups, progress);
  return numbers;
}

export const METRICS = ["centred-logit", "log-probability"] as const;

function metricsOf(trace: Trace, rows: number): Metrics {
  const read = (name: (typeof METRICS)[number]) =>
    Array.from(trace.get(metricValue(name))!.data.subarray(0, rows));
  return { centredLogit: read("centred-logit"), logProbability: read("log-probability") };
}

function output({ layer, head }: HeadAt, from: State): Change {
  return { value: zName(layer), source: valueOf(from, zName(layer)), part: { heads: [head] } };
}

/** Keeps the patterns after a head's layer as they were: later heads cannot look elsewhere. */
function laterPatterns(chain: Chain, clean: State, { layer }: HeadAt): Change[] {
  return chain.points
    .filter((point) => point.layer > layer && point.name.endsWith(".attn.hook_pattern"))
    .map(({ name }) => ({ value: name, source: valueOf(clean, name), part: {} }));
}

/** Heads ablated alone from the clean run, and with all candidates ablated: each candidate restored, each null head ablated too. */
async function ablations(
  step: Step,
  replacement: Replacement,
  clean: State,
  chunk: readonly number[],
  feeds: MetricFeeds,
) {
  const { candidates, nulls } = step.heads;
  const jobs = (heads: readonly HeadAt[], ablated: (head: HeadAt) => HeadAt[]) =>
    heads.map((head) => ({
      layer: head.layer,
      variant: replacedFrom(head.layer, ablated(head), replacement),
    }));
  const alone = await jobMetrics(
    step,
    feeds,
    clean,
    chunk,
    jobs([...candidates, ...nulls], (head) => [head]),
  );
  const { run, stripes } = await withoutCandidates(step, replacement, chunk, feeds);
  const amongOthers = await jobMetrics(step, feeds, run.saved, chunk, [
    ...jobs(candidates, (head) => without(candidates, head)),
    ...jobs(nulls, (head) => [...candidates, head]),
  ]);
  return {
    numbers: { alone, allGone: metricsOf(run.metrics, chunk.length), amongOthers },
    stripes,
    outputs: run.saved,
  };
}

/** The run without any candidate: outputs before they were replaced, and each candidate's stripe there. */
async function withoutCandidates(
  { chain, rows, heads: { candidates } }: Step,
  replacement: Replacement,
  chunk: readonly number[],
  feeds: MetricFeeds,
) {
  const stripes = candidates.map((): number[] => []);
  const run = await savedRun(chain, takeRows(rows.clean, chunk), feeds, {
    saves: atOutputs,
    change: (point, state) => {
      if (point.name.endsWith(".attn.hook_pattern"))
        candidates.forEach((head, index) => {
          if (head.layer === point.layer) stripes[index] = inductionScores(state, [head], rows);
        });
      return atOutputs(point)
        ? changedState(state, replacedIn(point.layer, candidates, replacement), chunk.length)
        : state;
    },
  });
  return { run, stripes };
}
