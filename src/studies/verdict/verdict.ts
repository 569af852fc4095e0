/** @file `verdict`: what each head is, by attention with controls, by what it writes, and by what is lost without it. */
import { engineFor } from "../../runtime/engineFor.ts";
import type { StudyOptions } from "../common/studyOptions.ts";
import { throwIfAborted } from "../../base/errors.ts";
import { random } from "../../base/random.ts";
import { attentionEvidence, type AttentionEvidence } from "../../measure/verdict/attention.ts";
import type { PeriodAttention } from "../../measure/verdict/attention.ts";
import { joinedNumbers, type CausalNumbers } from "../../measure/verdict/causal.ts";
import { atLeast } from "../../measure/verdict/estimate.ts";
import { attendsLikeInduction, behavioursOf } from "../../measure/verdict/rules.ts";
import { NULL_HEADS, STRONG } from "../../measure/verdict/thresholds.ts";
import type { LoadedModel } from "../../models/loaded.ts";
import type { VerdictResult } from "./result.ts";
import type { Backend } from "../../base/backend.ts";
import { chunksOf } from "../../interventions/baseRun.ts";
import { openChain, type Chain } from "../../interventions/chain.ts";
import { allHeads, headName, type HeadAt } from "../../interventions/headNames.ts";
import { hooksFor } from "../../interventions/units.ts";
import { attentionRuns } from "./attentionRuns.ts";
import { causalRuns, meanOutputs, METRICS, type CausalHeads } from "./causalRuns.ts";
import { openReaders, type Readers } from "./copyingRuns.ts";
import { NO_MEMORY, onceDone, type StepMemory } from "./steps.ts";
import { upstreamEvidence, type UpstreamNumbers } from "./upstreamEvidence.ts";
import { verdictResultOf } from "./buildResult.ts";
import { verdictRows, type RowCounts, type VerdictInput, type VerdictRows } from "./verdictRows.ts";
import { weightEvidence, type WeightEvidence } from "./weights.ts";

export interface VerdictOptions extends VerdictInput, StudyOptions {
  /** Fewer sequences and null heads, no more than 12 candidates, paths into keys and queries only. Left out: false. */
  readonly quick?: boolean | undefined;
  /** Keeps what is done, so that an interrupted verdict goes on where it stopped. Left out: nothing is kept. */
  readonly memory?: StepMemory | undefined;
}

/** How much is measured. */
export interface Extent {
  readonly counts: RowCounts;
  readonly nullHeads: number;
  readonly candidates: number;
  readonly routes: readonly ("k" | "q" | "v")[];
}

const FULL: Extent = {
  counts: { attention: 20, causal: 16, screening: 4, reference: 32 },
  nullHeads: NULL_HEADS,
  candidates: Infinity,
  routes: ["k", "q", "v"],
};
const QUICK: Extent = {
  counts: { attention: 14, causal: 10, screening: 2, reference: 12 },
  nullHeads: 10,
  candidates: 12,
  routes: ["k", "q"],
};

/** Everything that was measured, before the rules look at it. */
export interface Measured {
  readonly rows: VerdictRows;
  readonly attention: readonly AttentionEvidence[];
  readonly heads: CausalHeads;
  readonly leftOut: readonly HeadAt[];
  readonly causal: CausalNumbers | null;
  readonly upstream: UpstreamNumbers | null;
  readonly weights: WeightEvidence | null;
}

/**
 * What each head of a model is, with the evidence.
 *
 * Attention at up to three periods, with controls, says what a head looks at. Heads that attend like induction, and random
 * heads of their layers, then go through causal runs: what they write, what their output restores, what is lost without
 * them, and which earlier heads they read. The rules are those of docs/verdict.md.
 *
 * @returns the Result of DESIGN 6. A model without structure has labels `first-token` and `other` only; at most one null
 *   model in twenty is meant to have any induction label (`npm run bench:truth` measures it)
 * @throws {InputError} "range" for a period under 4 tokens or sizes that do not fit, "tokens" for rows that cannot be used
 * @throws {UnableError} if memory does not suffice; @throws {AbortError} between two runs once `signal` is aborted
 */
export async function verdict(
  model: LoadedModel,
  options: VerdictOptions = {},
): Promise<VerdictResult> {
  const backend = await engineFor(model, options);
  const extent = extentOf(options);
  const rows = await verdictRows(model.architecture, options, extent.counts);
  await model.unchanged();
  const started = performance.now();
  const { clean, positions } = rows.causal;
  const chain = await openChain(model, backend, {
    hooks: hooksFor(["head-out", "head-q", "head-pattern"]),
    metrics: METRICS,
    length: clean.shape[1]!,
    positions: positions.length,
    signal: options.signal,
  });
  const prepared = performance.now();
  try {
    const measured = await measure({ model, backend, chain, rows, extent, options });
    await model.unchanged();
    await options.memory?.finished();
    return verdictResultOf(model, backend, measured, {
      quick: options.quick ?? false,
      seed: options.seed ?? 0,
      timings: { prepare: prepared - started, run: performance.now() - prepared },
    });
  } finally {
    await chain.dispose();
  }
}

/** A number of examples that was asked for holds for attention; causal runs take as many up to their own number. */
function extentOf({ quick = false, numExamples, own }: VerdictOptions): Extent {
  const extent = quick ? QUICK : FULL;
  const asked = own ? own.tokens.length : numExamples;
  if (asked === undefined) return extent;
  const { counts } = extent;
  return {
    ...extent,
    counts: { ...counts, attention: asked, causal: Math.min(asked, counts.causal) },
  };
}

interface Work {
  readonly model: LoadedModel;
  readonly backend: Backend;
  readonly chain: Chain;
  readonly rows: VerdictRows;
  readonly extent: Extent;
  readonly options: VerdictOptions;
}

async function measure(work: Work): Promise<Measured> {
  const { model, rows, options, extent } = work;
  const attention = attentionEvidence(await attentionOf(work), { seed: options.seed ?? 0 });
  const all = allHeads(model.architecture);
  const attending = all
    .map((head, index) => ({ head, evidence: attention[index]! }))
    .filter(({ evidence }) => attendsLikeInduction(evidence))
    .sort((a, b) => atLeast(b.evidence.induction) - atLeast(a.evidence.induction))
    .map(({ head }) => head);
  const candidates = inOrder(attending.slice(0, extent.candidates));
  const leftOut = inOrder(attending.slice(extent.candidates));
  const nulls = nullHeads(
    all,
    attention,
    candidates,
    attending,
    extent.nullHeads,
    options.seed ?? 0,
  );
  const heads = { candidates, nulls };
  const none = { causal: null, upstream: null, weights: null };
  if (candidates.length === 0) return { rows, attention, heads, leftOut, ...none };
  return { rows, attention, heads, leftOut, ...(await causesOf(work, heads)) };
}

function inOrder(heads: readonly HeadAt[]): HeadAt[] {
  return heads.toSorted((a, b) => a.layer - b.layer || a.head - b.head);
}

async function attentionOf({ model, chain, rows, options }: Work): Promise<PeriodAttention[]> {
  const { memory = NO_MEMORY } = options;
  const total = rows.attention.reduce((sum, one) => sum + 3 * one.repeated.shape[0]!, 0);
  let done = 0;
  const periods: PeriodAttention[] = [];
  for (const one of rows.attention) {
    const before = done;
    periods.push(
      await onceDone(memory, `attention ${one.period}`, () =>
        attentionRuns(chain, one, model.architecture, one === rows.attention[0], (count) =>
          options.progress?.("attention", (done += count), total),
        ),
      ),
    );
    done = before + 3 * one.repeated.shape[0]!;
  }
  return periods;
}

/** Random heads of the candidates' layers that rest on the first token, look in part at themselves, or do nothing. */
function nullHeads(
  all: readonly HeadAt[],
  attention: readonly AttentionEvidence[],
  candidates: readonly HeadAt[],
  attending: readonly HeadAt[],
  count: number,
  seed: number,
): HeadAt[] {
  const layers = new Set(candidates.map(({ layer }) => layer));
  const taken = new Set(attending.map(headName));
  const quiet = (index: number) =>
    behavioursOf(attention[index]!).every(
      ({ name, value }) => name === "first-token" || (name === "current-token" && value < STRONG),
    );
  const others = all.filter(
    (head, index) => layers.has(head.layer) && !taken.has(headName(head)) && quiet(index),
  );
  return inOrder(random(seed, 2).shuffled(others).slice(0, count));
}

async function causesOf(
  work: Work,
  heads: CausalHeads,
): Promise<Pick<Measured, "causal" | "upstream" | "weights">> {
  const { model, backend, chain, rows, options, extent } = work;
  const { memory = NO_MEMORY, signal, progress } = options;
  const layers = [...new Set([...heads.candidates, ...heads.nulls].map(({ layer }) => layer))];
  const readers = await openReaders(model, backend, chain, layers, rows.causal.positions.length);
  try {
    const causal = await causalNumbers(work, heads, readers);
    const upstream = await upstreamEvidence(work, heads.candidates, readers, extent.routes);
    throwIfAborted(signal);
    const weights = options.quick
      ? null
      : await onceDone(memory, "weights", () =>
          weightEvidence(model, backend, heads.candidates, signal, (done, total) =>
            progress?.("composing heads", done, total),
          ),
        );
    return { causal, upstream, weights };
  } finally {
    await readers?.dispose();
  }
}

/** All examples, a few at a time; means of the reference rows are only made if something is left to do. */
async function causalNumbers(
  { chain, rows, options }: Work,
  heads: CausalHeads,
  readers: Readers | null,
): Promise<CausalNumbers> {
  const { memory = NO_MEMORY, progress } = options;
  const { causal } = rows;
  const chunks = chunksOf(causal.clean.shape[0]!, chain.rows);
  const [candidates, nulls] = [heads.candidates.length, heads.nulls.length];
  const variants = 6 * candidates + 3 * nulls;
  const total = causal.reference.shape[0]! + variants * causal.clean.shape[0]!;
  let done = 0;
  const told = (count: number) => progress?.("restoring and ablating", (done += count), total);
  let means: Promise<Awaited<ReturnType<typeof meanOutputs>>> | null = null;
  const all: CausalNumbers[] = [];
  for (const chunk of chunks) {
    const before = done;
    all.push(
      await onceDone(memory, `causal ${chunk.join(" ")}`, async () => {
        means ??= meanOutputs(chain, causal.reference, told);
        const step = { chain, rows: causal, heads, means: await means, readers, progress: told };
        return causalRuns(step, chunk);
      }),
    );
    done = Math.max(done, before + variants * chunk.length);
  }
  return all.reduce(joinedNumbers);
}

export type { Work };
