/** @file What restoring and ablating heads does to the prediction of the second copy, example by example. */
import { nextTokens } from "../../measure/nextTokens.ts";
import type { Tensor } from "../../base/tensor.ts";
import type { Trace } from "../../base/backend.ts";
import { chunksOf, feedsFor } from "../../interventions/baseRun.ts";
import type { Chain, MetricFeeds, State } from "../../interventions/chain.ts";
import type { HeadAt } from "../../base/headName.ts";
import { metricValue } from "../../interventions/metrics.ts";
import { meansOverRows } from "../../interventions/meansOverRows.ts";

import { inductionScores } from "../../interventions/inductionScores.ts";
import { hookName } from "../../models/anatomy/hookNames.ts";
import { takeRows, valueOf, withParts } from "../../interventions/rows.ts";
import { runVariants, type Change, type Variant } from "../../interventions/variantRuns.ts";
import type { CausalNumbers, Metrics } from "../../measure/verdict/causal.ts";
import { writtenBy, type Readers } from "./copyingRuns.ts";
import { atOutputs, keptRun } from "../../interventions/keptRun.ts";
import type { CausalRows } from "./verdictRows.ts";

/** Heads of a causal step. */
export interface CausalHeads {
  /** Heads that attend like induction: each is restored and ablated, alone and given all others. */
  readonly candidates: readonly HeadAt[];
  /** Random heads of the same layers, for the null. */
  readonly nulls: readonly HeadAt[];
}

/** Mean of hook_z over the reference rows by name, [1, position, head, d_head]. */
export type MeanOutputs = ReadonlyMap<string, Tensor>;

const zName = (layer: number) => hookName(layer, "attn.hook_z");

export function metricFeedsOf({ clean, positions }: CausalRows): MetricFeeds {
  return { targets: nextTokens(clean), positions };
}

/** Runs the reference rows once. */
export async function meanOutputs(
  chain: Chain,
  reference: Tensor<Int32Array>,
  progress: (rows: number) => void,
): Promise<MeanOutputs> {
  const rows = reference.shape[0]!;
  const means = meansOverRows();
  const last = chain.points.filter(atOutputs).at(-1)!.name;
  for (const chunk of chunksOf(rows, chain.rows)) {
    const begin = await chain.embed(takeRows(reference, chunk));
    await chain.advance(begin, chain.points[0]!.name, last, (point, state) => {
      if (atOutputs(point)) means.add(point.name, valueOf(state, point.name));
      return state;
    });
    progress(chunk.length);
  }
  return means.means();
}

/** What an ablated head's output becomes. */
interface Ablation {
  readonly sourceOf: (layer: number) => Tensor;
  readonly exampleOf?: ((example: number) => number) | undefined;
}

interface Step {
  readonly chain: Chain;
  readonly rows: CausalRows;
  readonly heads: CausalHeads;
  readonly means: MeanOutputs;
  readonly readers: Readers | null;
  readonly progress: (variants: number) => void;
}

/** Everything about some examples; the numbers of a chunk do not depend on those of others. */
export async function causalRuns(step: Step, chunk: readonly number[]): Promise<CausalNumbers> {
  const { chain, rows, heads, readers } = step;
  const feeds = feedsFor(metricFeedsOf(rows), chunk);
  const all = [...heads.candidates, ...heads.nulls];
  const clean = await keptRun(chain, takeRows(rows.clean, chunk), feeds, () => true);
  const corrupted = await keptRun(chain, takeRows(rows.corrupted, chunk), feeds, atOutputs);
  const others = rows.reference.shape[0]!;
  const sampled = await keptRun(
    chain,
    takeRows(
      rows.reference,
      chunk.map((example) => (example + 1) % others),
    ),
    feeds,
    atOutputs,
  );
  const run = (from: State, jobs: readonly Job[]) => jobMetrics(step, feeds, from, chunk, jobs);
  const sufficiency = await run(
    corrupted.saved,
    all.map((head) => ({ layer: head.layer, variant: [output(head, clean.saved)] })),
  );
  const mean: Ablation = {
    sourceOf: (layer) => step.means.get(zName(layer))!,
    exampleOf: () => 0,
  };
  const resample: Ablation = { sourceOf: (layer) => valueOf(sampled.saved, zName(layer)) };
  const frozen = await run(
    clean.saved,
    heads.candidates.map((head) => ({
      layer: head.layer,
      variant: [gone(mean, head.layer, [head.head]), ...laterPatterns(chain, clean.saved, head)],
    })),
  );
  const byMean = await ablated(step, mean, clean.saved, chunk, feeds);
  const few = { ...step, heads: { ...heads, nulls: [] } };
  const byResample = await ablated(few, resample, clean.saved, chunk, feeds);
  const written = readers && (await readers.read(clean.saved, feeds));
  return {
    clean: metricsOf(clean.metrics, chunk.length),
    corrupted: metricsOf(corrupted.metrics, chunk.length),
    sufficiency,
    mean: byMean.numbers,
    resample: byResample.numbers,
    frozen,
    stripe: stripesOf(clean.saved, heads.candidates, rows),
    stripeGivenOthers: byMean.stripes,
    written: written && all.map((head) => writtenBy(clean.saved, written, head, rows)),
    writtenGivenOthers:
      written && heads.candidates.map((head) => writtenBy(byMean.natural, written, head, rows)),
  };
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
  for (const layer of new Set(jobs.map((job) => job.layer))) {
    const here = jobs.flatMap((job, index) => (job.layer === layer ? [{ ...job, index }] : []));
    const group = {
      from: zName(layer),
      base,
      examples: chunk.length,
      feeds,
      variants: here.map(({ variant }) => variant),
    };
    await runVariants(chain, group, {
      read: (trace, row) => METRICS.map((name) => trace.get(metricValue(name))!.data[row]!),
      put: ({ variant, example }, [centredLogit, logProbability]) => {
        const into = numbers[here[variant]!.index]!;
        into.centredLogit[example] = centredLogit!;
        into.logProbability[example] = logProbability!;
      },
      ran: progress,
    });
  }
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

function gone({ sourceOf, exampleOf }: Ablation, layer: number, heads: readonly number[]): Change {
  return {
    value: zName(layer),
    source: sourceOf(layer),
    part: { heads },
    ...(exampleOf && { exampleOf }),
  };
}

/** Keeps the patterns after a head's layer as they were: later heads cannot look elsewhere. */
function laterPatterns(chain: Chain, clean: State, { layer }: HeadAt): Change[] {
  return chain.points
    .filter((point) => point.layer > layer && point.name.endsWith(".attn.hook_pattern"))
    .map(({ name }) => ({ value: name, source: valueOf(clean, name), part: {} }));
}

/** Heads alone from the clean run, and with all candidates gone: each candidate back, each null head gone too. */
async function ablated(
  step: Step,
  ablation: Ablation,
  clean: State,
  chunk: readonly number[],
  feeds: MetricFeeds,
) {
  const { chain, rows, heads } = step;
  const { candidates, nulls } = heads;
  const alone = await jobMetrics(
    step,
    feeds,
    clean,
    chunk,
    [...candidates, ...nulls].map((head) => ({
      layer: head.layer,
      variant: [gone(ablation, head.layer, [head.head])],
    })),
  );
  const { goneIn, goneFrom } = removal(ablation, candidates);
  const stripes = candidates.map((): number[] => []);
  const base = await keptRun(
    chain,
    takeRows(rows.clean, chunk),
    feeds,
    atOutputs,
    (point, state) => {
      if (point.name.endsWith(".attn.hook_pattern"))
        candidates.forEach((head, index) => {
          if (head.layer === point.layer) stripes[index] = inductionScores(state, [head], rows);
        });
      return atOutputs(point) ? applied(state, goneIn(point.layer), chunk.length) : state;
    },
  );
  const given = await jobMetrics(step, feeds, base.saved, chunk, [
    ...candidates.map((head) => ({ layer: head.layer, variant: goneFrom(head.layer, head) })),
    ...nulls.map((head) => ({
      layer: head.layer,
      variant: goneFrom(head.layer, undefined, head),
    })),
  ]);
  return {
    numbers: { alone, allGone: metricsOf(base.metrics, chunk.length), given },
    stripes,
    natural: base.saved,
  };
}

/** The changes that take all candidates out, but for one, or one head more, in a layer or from it on. */
function removal(ablation: Ablation, candidates: readonly HeadAt[]) {
  const goneIn = (layer: number, but?: HeadAt, also?: HeadAt): Change[] => {
    const here = [...candidates, ...(also ? [also] : [])]
      .filter((one) => one.layer === layer && !(one.layer === but?.layer && one.head === but.head))
      .map(({ head }) => head);
    return here.length === 0 ? [] : [gone(ablation, layer, here)];
  };
  const goneFrom = (from: number, but?: HeadAt, also?: HeadAt): Change[] =>
    [...new Set([...candidates, ...(also ? [also] : [])].map(({ layer }) => layer))]
      .filter((layer) => layer >= from)
      .flatMap((layer) => goneIn(layer, but, also));
  return { goneIn, goneFrom };
}

/** One set of changes to every row of a state. */
function applied(state: State, changes: readonly Change[], examples: number): State {
  if (changes.length === 0) return state;
  const rows = Array.from({ length: examples }, (_, row) => row);
  return new Map([
    ...state,
    ...changes.map(
      ({ value, source, part, exampleOf }) =>
        [
          value,
          withParts(
            valueOf(state, value),
            rows.map((row) => ({ row, source, part, example: exampleOf?.(row) ?? row })),
          ),
        ] as const,
    ),
  ]);
}
