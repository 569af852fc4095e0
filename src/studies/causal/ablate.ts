/** @file `ablate`: the losses of both copies without some heads, or with ideal patterns in place of their own. */
import type { LoadedModel } from "../../models/loaded.ts";
import type { AblateResult, AblationKind } from "../../results/ablate.ts";
import type { Backend } from "../../runtime/backend.ts";
import { ablateResultOf } from "./ablateResult.ts";
import { ablationRows, type AblationInput, type AblationRows } from "./ablationRows.ts";
import { ablationSources, type AblationSources } from "./ablationSources.ts";
import { baseRun, chunksOf, feedsFor } from "./baseRun.ts";
import { openChain, type Chain, type MetricFeeds } from "./chain.ts";
import { allHeads, headCalled, headName, type HeadAt } from "./headNames.ts";
import { idealJobs, idealPattern, type IdealJob } from "./idealPatterns.ts";
import { targetsOf } from "./pair.ts";
import { hookName } from "./points.ts";
import { readCopyLosses, type CopyLossesByExample } from "./readCopyLosses.ts";
import { takeRows } from "./rows.ts";
import { hooksFor } from "./units.ts";
import { runVariants, type Variant } from "./variantRuns.ts";

export interface AblateOptions extends AblationInput {
  /** Left out: mean. */
  readonly kind?: AblationKind;
  /** Also ablate each head of the model alone; left out: only if nothing else is asked for. */
  readonly eachHead?: boolean;
  /** Sets of heads, layer.head, ablated together. */
  readonly sets?: readonly (readonly string[])[];
  /** Heads that are ablated in every run. */
  readonly given?: readonly string[];
  /** Heads whose patterns are replaced by exact ones, one pattern at a time. */
  readonly idealise?: readonly string[];
  readonly signal?: AbortSignal;
  readonly progress?: (step: string, done: number, total: number) => void;
}

/** One ablated run: the heads that are gone, and a head with an ideal pattern if there is one. */
export interface AblationJob {
  readonly heads: readonly HeadAt[];
  readonly ideal?: IdealJob;
}

/**
 * Ablates heads one by one, in sets, or given others, and reads the loss of both copies.
 *
 * zero: z = 0. mean: z[position] = mean over the reference rows. resample: z of a reference row. pattern-preserving: z = 0
 * while every attention pattern stays that of the run without it, so that only values change. What comes before the first
 * ablated head is not computed again.
 *
 * @returns changes of the loss in nats; 0 for a head that does nothing. Above 0: the head helped
 * @throws {InputError} "unknown-head", and as {@link ablationRows}; @throws {UnableError} if memory does not suffice
 * @throws {Interrupted} between two runs once `signal` is aborted
 * @see Olsson et al. 2022, full and pattern-preserving ablation; ARENA zeroes v, which is the same only without b_V
 */
export async function ablate(
  model: LoadedModel,
  backend: Backend,
  options: AblateOptions = {},
): Promise<AblateResult> {
  const { architecture } = model;
  const { kind = "mean", sets = [], given = [], idealise = [] } = options;
  const named = (names: readonly string[]) => names.map((name) => headCalled(name, architecture));
  const rows = await ablationRows(architecture, options);
  const plan = {
    kind,
    given: named(given),
    each: (options.eachHead ?? sets.length + idealise.length === 0) ? allHeads(architecture) : [],
    sets: sets.map(named),
    ideal: idealJobs(named(idealise)),
  };
  const jobs = distinctJobs(plan);
  await model.unchanged();
  const started = performance.now();
  const withPatterns = kind === "pattern-preserving" || plan.ideal.length > 0;
  const chain = await openChain(model, backend, {
    hooks: hooksFor(["head-out", ...(withPatterns ? (["head-pattern"] as const) : [])]),
    metrics: ["token-loss"],
    length: rows.info.length,
    positions: 2 * (rows.period - 1),
    signal: options.signal,
  });
  const prepared = performance.now();
  try {
    const losses = await ablatedLosses(chain, rows, jobs, { ...options, kind });
    await model.unchanged();
    return ablateResultOf(model, backend, rows, plan, losses, {
      prepare: prepared - started,
      run: performance.now() - prepared,
    });
  } finally {
    await chain.dispose();
  }
}

export interface AblationPlan {
  readonly kind: AblationKind;
  readonly given: readonly HeadAt[];
  readonly each: readonly HeadAt[];
  readonly sets: readonly (readonly HeadAt[])[];
  readonly ideal: readonly IdealJob[];
}

/** What a job is called: its heads in order, and the ideal pattern. */
export function jobName({ heads, ideal }: AblationJob): string {
  const names = [...new Set(heads.map(headName))].sort().join();
  return ideal ? `${names} ${headName(ideal.head)}=${ideal.pattern}` : names;
}

/** Every run that the plan needs, once: the given heads alone, each head, each set and what tells its parts. */
function distinctJobs({ given, each, sets, ideal }: AblationPlan): AblationJob[] {
  const all: AblationJob[] = [
    { heads: given },
    ...each.map((head) => ({ heads: [...given, head] })),
    ...sets.flatMap((set) => [
      { heads: [...given, ...set] },
      ...set.map((head) => ({ heads: [...given, head] })),
      ...set.map((head) => ({
        heads: [...given, ...set.filter((other) => headName(other) !== headName(head))],
      })),
    ]),
    ...ideal.flatMap((one) => [{ heads: [...given, one.head] }, { heads: given, ideal: one }]),
  ];
  return [...new Map(all.map((job) => [jobName(job), job])).values()];
}

/** Losses of both copies by job name. */
async function ablatedLosses(
  chain: Chain,
  rows: AblationRows,
  jobs: readonly AblationJob[],
  { kind, progress }: AblateOptions & { readonly kind: AblationKind },
): Promise<Map<string, CopyLossesByExample>> {
  const examples = rows.info.examples;
  const feeds = lossFeeds(rows);
  const losses = new Map(
    jobs.map((job) => [
      jobName(job),
      { firstCopy: new Float64Array(examples), secondCopy: new Float64Array(examples) },
    ]),
  );
  const sources = await ablationSources(chain, rows, kind, feeds);
  let done = 0;
  for (const chunk of chunksOf(examples, chain.rows)) {
    const few = feedsFor(feeds, chunk);
    const base = await baseRun(chain, takeRows(rows.tokens, chunk), few);
    const changes = await sources.forChunk(chunk, base.saved);
    for (const { from, jobs: some } of byStart(jobs, chain)) {
      const variants = some.map((job) => variantOf(job, changes, chain, rows));
      const group = { from, base: base.saved, examples: chunk.length, feeds: few, variants };
      await runVariants(chain, group, (trace, places) => {
        places.forEach(({ variant, example }, row) =>
          readCopyLosses(losses.get(jobName(some[variant]!))!, chunk[example]!, trace, row),
        );
        progress?.("ablating", (done += places.length), jobs.length * examples);
      });
    }
  }
  return losses;
}

/** Positions that predict tokens 2 ... S of the first copy, then those of the second. */
function lossFeeds({ tokens, start, period }: AblationRows): MetricFeeds {
  const copy = (begin: number) => Array.from({ length: period - 1 }, (_, offset) => begin + offset);
  return { targets: targetsOf(tokens), positions: [...copy(start), ...copy(start + period)] };
}

/** Jobs in groups that begin at the same point: the first layer that they change. */
function byStart(
  jobs: readonly AblationJob[],
  chain: Chain,
): { readonly from: string; readonly jobs: AblationJob[] }[] {
  const groups = new Map<string, AblationJob[]>();
  for (const job of jobs) {
    const all = [...job.heads, ...(job.ideal ? [job.ideal.head] : [])];
    const layer = Math.min(...all.map((head) => head.layer), chain.points.at(-1)!.layer);
    const atPattern = job.ideal !== undefined && job.ideal.head.layer === layer;
    const from = hookName(layer, atPattern ? "attn.hook_pattern" : "attn.hook_z");
    groups.set(from, [...(groups.get(from) ?? []), job]);
  }
  return [...groups].map(([from, some]) => ({ from, jobs: some }));
}

function variantOf(
  { heads, ideal }: AblationJob,
  changes: AblationSources,
  chain: Chain,
  rows: AblationRows,
): Variant {
  const layers = [...new Set(heads.map(({ layer }) => layer))];
  const gone = layers.map((layer) =>
    changes.ofHeads(
      layer,
      heads.filter((one) => one.layer === layer).map(({ head }) => head),
    ),
  );
  const first = Math.min(...layers);
  const later = [...new Set(chain.points.map(({ layer }) => layer))].filter(
    (layer) => layer > first,
  );
  const kept = changes.ofPatterns ? later.map(changes.ofPatterns) : [];
  return [...gone, ...kept, ...(ideal ? [idealPattern(ideal, rows)] : [])];
}
