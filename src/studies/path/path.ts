/** @file Path patching: what single paths from heads into the queries, keys or values of later heads carry. */
import { checkCanRun } from "../common/canRun.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import type { Tensor } from "../../base/tensor.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { MetricName } from "../../results/causalNames.ts";
import type { PathResult } from "./result.ts";
import { chunksOf, feedsFor } from "../../interventions/chunks.ts";
import { savedRun } from "../../interventions/savedRun.ts";
import { openChain, type Chain } from "../../interventions/chain.ts";
import type { State } from "../../interventions/chainRun.ts";
import { causalPair } from "../../inputs/causalPrompts.ts";
import type { Pair } from "../../inputs/pair.ts";
import { metricFeedsOf } from "../../interventions/pairRuns.ts";
import type { PathPlan } from "../../interventions/pathPlan.ts";
import { pathSessions, type PathSessions } from "../../interventions/pathSessions.ts";
import { inductionScores } from "../../interventions/inductionScores.ts";
import { pathResultOf } from "./buildResult.ts";
import type { PathRuns } from "./pathRunsByExample.ts";
import { whileUnchanged } from "../common/whileUnchanged.ts";
import { PATH_OPTIONS, pathPlan, type PathOptions } from "./plan.ts";
import { readThrough } from "../../interventions/pathRuns.ts";
import { takeRows } from "../../interventions/rows.ts";
import { hooksFor } from "../../interventions/units.ts";
import { checkOptionNames } from "../../base/optionNames.ts";

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
 *   {@link causalPair}; @throws {UnableError} if memory does not suffice; @throws {AbortError} once `signal` is aborted
 * @see Wang et al. 2022 and ARENA, whose path patching is the form "through-mlps"; TransformerLens' direct path patching
 *   freezes the norm
 */
export async function pathPatch(model: LoadedModel, options: PathOptions): Promise<PathResult> {
  checkOptionNames("pathPatch", options, PATH_OPTIONS);
  checkCanRun("path", model);
  const engine = await engineFor(model, options);
  const pair = await causalPair(model, options);
  const plan = pathPlan(model.architecture, options);
  return whileUnchanged(model, engine, async (elapsed, backend) => {
    const length = pair.clean.shape[1]!;
    const chain = await openChain(model, backend, {
      hooks: hooksFor(["resid-pre", "head-out", "head-q", "head-pattern"]),
      metrics: [plan.metric === "induction-score" ? "centred-logit" : plan.metric],
      length,
      positions: pair.positions.length,
      signal: options.signal,
      log: options.log,
    });
    try {
      const sessions = pathSessions(model, backend, chain, length);
      const prepare = elapsed();
      try {
        const runs = await pathRuns(chain, sessions, pair, plan, options);
        const timings = { prepare, run: elapsed() - prepare };
        return pathResultOf(model, backend, pair, plan, runs, timings);
      } finally {
        await sessions.close();
      }
    } finally {
      await chain.close();
    }
  });
}

async function pathRuns(
  chain: Chain,
  sessions: PathSessions,
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
    const chunkFeeds = feedsFor(feeds, chunk);
    const run = async (tokens: Tensor<Int32Array>): Promise<{ saved: State; values: number[] }> => {
      const { saved, metrics } = await savedRun(chain, takeRows(tokens, chunk), chunkFeeds);
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
    await readThrough(chain, sessions, plan, both, chunkFeeds, pair, (source, example, value) => {
      runs.paths[source]![chunk[example]!] = value;
      progress?.("following paths", ++done, plan.sources.length * examples);
    });
  }
  return runs;
}
