/** @file Path patching: what single paths from heads into the queries, keys or values of later heads carry. */
import { engineFor } from "../../runtime/engineFor.ts";
import type { StudyOptions } from "../common/studyOptions.ts";
import { InputError } from "../../base/errors.ts";
import type { Tensor } from "../../base/tensor.ts";
import type { LoadedModel } from "../../models/loaded.ts";
import type { MetricName, PathMetric, PathRoute } from "../../results/causalNames.ts";
import type { PathResult } from "./result.ts";
import { baseRun, chunksOf, feedsFor } from "../../interventions/baseRun.ts";
import { openChain, type Chain, type State, type SweepLog } from "../../interventions/chain.ts";
import { allHeads, headCalled, headName } from "../../interventions/headNames.ts";
import { pairOf, type Pair, type PairOptions } from "../../inputs/pair.ts";
import { metricFeedsOf } from "../patch/patch.ts";
import type { PathPlan } from "../../interventions/pathPlan.ts";
import { openPathParts, type PathParts } from "../../interventions/pathParts.ts";
import { pathResultOf } from "./buildResult.ts";
import { inductionScores, readThrough } from "../../interventions/pathRuns.ts";
import { takeRows } from "../../interventions/rows.ts";
import { hooksFor } from "../../interventions/units.ts";

export interface PathOptions extends PairOptions, StudyOptions {
  /** Receiving heads, layer.head; left out only for the route "logits". */
  readonly into?: readonly string[] | undefined;
  /** Left out: k. */
  readonly route?: PathRoute | undefined;
  /** Sets of source heads, each one path; left out: every head before the receivers. */
  readonly from?: readonly (readonly string[])[] | undefined;
  /** What is read; left out: induction-score, the receivers' mean attention weight at the induction target. */
  readonly metric?: PathMetric | undefined;
  /** Left out: direct. */
  readonly form?: "direct" | "through-mlps" | undefined;
  /** Left out: recomputed. */
  readonly norm?: "recomputed" | "frozen" | undefined;
  /** What an interrupted sweep with the same model and options left behind. */
  readonly log?: SweepLog | undefined;
}

/** The metric per example: of the clean run, the corrupted run and each path. */
export interface PathRuns {
  readonly clean: Float64Array;
  readonly corrupted: Float64Array;
  readonly paths: readonly Float64Array[];
}

/**
 * How much the receivers owe to each earlier head by one route.
 *
 * Clean run; what the source adds to the residual stream, z W_O, is replaced by what it adds in the corrupted run, for the
 * receivers' queries (or keys, values) only: x' = x + (z_corrupted - z_clean) W_O at the receivers' layer. Everything else
 * is as in the clean run. With shared keys and values only the receiving query head's own copy changes. Several receivers
 * change together in a metric of the model's end; their induction scores are averaged.
 *
 * @returns for each path the metric and how far it drops; 0 for a head that the receivers do not read
 * @throws {InputError} "path" for receivers with nothing before them or metrics that do not fit, "unknown-head", and as
 *   {@link pairOf}; @throws {UnableError} if memory does not suffice; @throws {AbortError} once `signal` is aborted
 * @see Wang et al. 2022 and ARENA, whose path patching is the form "through-mlps"; TransformerLens' direct path patching
 *   freezes the norm
 */
export async function pathPatch(model: LoadedModel, options: PathOptions): Promise<PathResult> {
  const backend = await engineFor(model, options);
  const pair = await pairOf(model.architecture, options);
  const plan = planOf(model, options);
  await model.unchanged();
  const started = performance.now();
  const metrics = plan.metric === "induction-score" ? [] : [plan.metric];
  if (plan.metric === "kl") throw new InputError("path", "paths have no kl metric");
  const length = pair.clean.shape[1]!;
  const chain = await openChain(model, backend, {
    hooks: hooksFor(["resid-pre", "head-out", "head-q", "head-pattern"]),
    metrics: metrics.length > 0 ? metrics : ["centred-logit"],
    length,
    positions: pair.positions.length,
    signal: options.signal,
    log: options.log,
  });
  try {
    const parts = await openPathParts(model, backend, chain, plan, length);
    const prepared = performance.now();
    try {
      const runs = await pathRuns(chain, parts, pair, plan, options);
      await model.unchanged();
      return pathResultOf(model, backend, pair, plan, runs, {
        prepare: prepared - started,
        run: performance.now() - prepared,
      });
    } finally {
      await parts.dispose();
    }
  } finally {
    await chain.dispose();
  }
}

/** @throws {InputError} "path", "unknown-head" */
function planOf({ architecture }: LoadedModel, options: PathOptions): PathPlan {
  const { route = "k", form = "direct", norm = "recomputed" } = options;
  const receivers = (options.into ?? []).map((name) => headCalled(name, architecture));
  const metric = options.metric ?? (route === "logits" ? "centred-logit" : "induction-score");
  if ((receivers.length === 0) !== (route === "logits"))
    throw new InputError(
      "path",
      `paths need heads to lead into for q, k and v, and none for logits, got route ${route} into ${receivers.map(headName).join(", ") || "none"}`,
    );
  if (metric === "induction-score" && route === "logits")
    throw new InputError(
      "path",
      "the induction score is an attention weight: paths into the logits do not move it",
    );
  const first = Math.min(architecture.layers, ...receivers.map(({ layer }) => layer));
  const before = allHeads(architecture).filter(({ layer }) => layer < first);
  const sources = options.from
    ? options.from.map((set) => set.map((name) => headCalled(name, architecture)))
    : before.map((head) => [head]);
  const late = sources.flat().find(({ layer }) => layer >= first);
  if (late || sources.length === 0)
    throw new InputError(
      "path",
      `paths lead from earlier layers to later ones, got ${late ? headName(late) : "no head"} before ${receivers.map(headName).join(", ")}`,
    );
  return { receivers, route, sources, metric, form, norm };
}

async function pathRuns(
  chain: Chain,
  parts: PathParts,
  pair: Pair,
  plan: PathPlan,
  { progress }: PathOptions,
): Promise<PathRuns> {
  const examples = pair.clean.shape[0]!;
  const empty = () => new Float64Array(examples);
  const runs = { clean: empty(), corrupted: empty(), paths: plan.sources.map(empty) };
  const metric: MetricName = plan.metric === "induction-score" ? "centred-logit" : plan.metric;
  const feeds = metricFeedsOf(pair, [metric]);
  let done = 0;
  for (const chunk of chunksOf(examples, chain.rows)) {
    const few = feedsFor(feeds, chunk);
    const run = async (tokens: Tensor<Int32Array>): Promise<{ saved: State; values: number[] }> => {
      const { saved, metrics } = await baseRun(chain, takeRows(tokens, chunk), few);
      const values =
        plan.metric === "induction-score"
          ? inductionScores(saved, plan.receivers, pair)
          : [...metrics.get(`metric.${metric}`)!.data];
      return { saved, values };
    };
    const [clean, corrupted] = [await run(pair.clean), await run(pair.corrupted)];
    clean.values.forEach((value, row) => (runs.clean[chunk[row]!] = value));
    corrupted.values.forEach((value, row) => (runs.corrupted[chunk[row]!] = value));
    const both = { clean: clean.saved, corrupted: corrupted.saved };
    await readThrough(chain, parts, plan, both, few, pair, (source, example, value) => {
      runs.paths[source]![chunk[example]!] = value;
      progress?.("following paths", ++done, plan.sources.length * examples);
    });
  }
  return runs;
}
