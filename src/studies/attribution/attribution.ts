/** @file Attribution patching: first-order effects of every head and path, the best of them confirmed by exact runs. */
import { checkCanRun } from "../common/canRun.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import { random } from "../../base/random.ts";
import type { Tensor } from "../../base/tensor.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { AttributionResult } from "./result.ts";
import type { Backend } from "../../base/backend.ts";
import { rowsPerRun } from "../../runtime/chunks.ts";
import { prepare, type Session } from "../../runtime/prepare.ts";
import { attributionProgram, estimateOf, sourceInput } from "./attributionProgram.ts";
import type { Estimates } from "./estimates.ts";
import {
  ATTRIBUTION_OPTIONS,
  attributionPlan,
  HEAD_UNITS,
  type AttributionOptions,
  type AttributionPlan,
  type HeadUnit,
} from "./plan.ts";
import { attributionResultOf, type ConfirmedEffect } from "./buildResult.ts";
import { chunksOf, feedsFor } from "../../interventions/chunks.ts";
import { savedRun } from "../../interventions/savedRun.ts";
import { metricFeeds, openChain, type Chain } from "../../interventions/chain.ts";
import type { State } from "../../interventions/chainRun.ts";
import { controlHeads } from "../../interventions/controlHeads.ts";
import { componentsOf, type Component } from "../../interventions/components.ts";
import { metricValue } from "../../interventions/metrics.ts";
import { causalPair } from "../../inputs/causalPrompts.ts";
import type { Pair } from "../../inputs/pair.ts";
import { checkDifference, metricFeedsOf } from "../../interventions/pairRuns.ts";
import { patchedRuns } from "../../interventions/patchedRuns.ts";
import type { Progress } from "../../base/progress.ts";
import { whileUnchanged } from "../common/whileUnchanged.ts";
import { emptySums, addPaths } from "./pathEstimates.ts";
import { takeRows, valueOf } from "../../interventions/rows.ts";
import { hooksFor, UNITS } from "../../interventions/units.ts";
import { checkOptionNames } from "../../base/optionNames.ts";

/**
 * Estimates what patching each head would do, from two forward runs and one gradient; exact runs for some if asked.
 *
 * estimate = sum over positions and features of (a_source - a_base) * dM / da at the base run (denoise: the corrupted
 * one), per sequence; effect = mean estimate / mean (clean - corrupted). It is the exact effect where the metric is a
 * straight line between the runs; saturation (softmax, norms) is what it misses.
 *
 * @returns estimates, marked as such; `screen.confirmed` alone is exact. A head that carries nothing has 0
 * @throws {InputError} "metric" for kl, "range" as `patch`; @throws {UnableError} if memory does not suffice
 * @throws {AbortError} between two runs once `signal` is aborted
 * @see Nanda 2023, attribution patching; Syed et al. 2023 for paths. Theirs hold the receiver's norm, ours follows it
 */
export async function attribution(
  model: LoadedModel,
  options: AttributionOptions = {},
): Promise<AttributionResult> {
  checkOptionNames("attribution", options, ATTRIBUTION_OPTIONS);
  const plan = attributionPlan(options);
  checkCanRun(plan.paths ? "attribution of paths" : "attribution", model);
  if (plan.units.some((unit) => UNITS[unit].mixed)) checkCanRun("attribution within heads", model);
  const { metric, units, paths } = plan;
  const pair = await causalPair(model, options);
  const engine = await engineFor(model, options);
  return whileUnchanged(model, engine, async (elapsed, backend) => {
    const chain = await openChain(model, backend, {
      hooks: hooksFor(paths ? [...HEAD_UNITS] : units),
      metrics: [metric],
      length: pair.clean.shape[1]!,
      positions: pair.positions.length,
      signal: options.signal,
      log: options.log,
    });
    try {
      const { progress } = options;
      const session = await gradientSession(model, backend, chain, pair, plan);
      const prepare = elapsed();
      const estimates = await session.estimates(progress);
      const { clean, corrupted } = estimates;
      if (!plan.raw)
        checkDifference({ clean: { [metric]: clean }, corrupted: { [metric]: corrupted } }, metric);
      const confirmed = await confirm(model, chain, pair, plan, estimates, progress);
      const timings = { prepare, run: elapsed() - prepare };
      return attributionResultOf({ model, backend, pair, plan, estimates, confirmed, timings });
    } finally {
      await chain.close();
    }
  });
}

/** The session of the gradient; it has all weights once more, so it lives only as long as the estimates are made. */
async function gradientSession(
  model: LoadedModel,
  backend: Backend,
  chain: Chain,
  pair: Pair,
  plan: AttributionPlan,
) {
  const program = attributionProgram(model, plan);
  const length = pair.clean.shape[1]!;
  const rows = Math.min(chain.rows, rowsPerRun(program, backend, length));
  const session = await prepare(program, backend, {
    batch: rows,
    position: length,
    metric_positions: pair.positions.length,
  });
  return {
    estimates: async (progress: Progress | undefined): Promise<Estimates> => {
      try {
        return await estimatesOf(chain, session, pair, plan, rows, progress);
      } finally {
        await session.close();
      }
    },
  };
}

async function estimatesOf(
  chain: Chain,
  session: Session,
  pair: Pair,
  plan: AttributionPlan,
  rows: number,
  progress: Progress | undefined,
): Promise<Estimates> {
  const examples = pair.clean.shape[0]!;
  const feeds = metricFeedsOf(pair, [plan.metric]);
  const changes = new Map<HeadUnit, Float64Array[]>(plan.units.map((unit) => [unit, []]));
  const [atBase, atSource] = [new Float64Array(examples), new Float64Array(examples)];
  const paths = plan.paths ? emptySums() : null;
  const [base, source] =
    plan.mode === "denoise" ? [pair.corrupted, pair.clean] : [pair.clean, pair.corrupted];
  for (const chunk of chunksOf(examples, rows)) {
    const chunkFeeds = feedsFor(feeds, chunk);
    const run = await savedRun(chain, takeRows(source, chunk), chunkFeeds);
    const allFeeds = new Map<string, Tensor | Tensor<Int32Array>>([
      ["tokens", takeRows(base, chunk)],
      ...sources(session, run.saved),
      ...metricFeeds(session, chunkFeeds),
    ]);
    const trace = await session.run(allFeeds);
    const metricOf = (from: typeof trace) => from.get(metricValue(plan.metric))!.data;
    chunk.forEach((example, row) => {
      atSource[example] = metricOf(run.metrics)[row]!;
      atBase[example] = metricOf(trace)[row]!;
    });
    for (const [unit, all] of changes) takeEstimates(all, trace, unit, chunk, examples);
    if (paths) addPaths(paths, trace, chunk.length);
    progress?.("estimating", chunk.at(-1)! + 1, examples);
  }
  const [clean, corrupted] = plan.mode === "denoise" ? [atSource, atBase] : [atBase, atSource];
  return { clean, corrupted, changes, paths };
}

/** Values of the other run under the names of the inputs that take them. */
function sources(session: Session, saved: State): [string, Tensor][] {
  const prefix = sourceInput("");
  return session.program.inputs
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name }) => [name, valueOf(saved, name.slice(prefix.length))]);
}

/** Appends to `all[component]` in the order of layers and heads. */
function takeEstimates(
  all: Float64Array[],
  trace: ReadonlyMap<string, Tensor>,
  unit: HeadUnit,
  chunk: readonly number[],
  examples: number,
): void {
  let place = 0;
  for (let layer = 0; trace.has(estimateOf(unit, layer)); layer++) {
    const { data, shape } = trace.get(estimateOf(unit, layer))!;
    const heads = shape[1]!;
    for (let head = 0; head < heads; head++, place++) {
      const values = (all[place] ??= new Float64Array(examples));
      chunk.forEach((example, row) => (values[example] = data[row * heads + head]!));
    }
  }
}

/** Exact runs of the heads with the largest estimates, and of random others. */
async function confirm(
  { architecture }: LoadedModel,
  chain: Chain,
  pair: Pair,
  { metric, units, screen, controls, seed, mode }: AttributionPlan,
  { changes }: Estimates,
  progress: Progress | undefined,
): Promise<readonly ConfirmedEffect[]> {
  if (screen <= 0) return [];
  const unit = units[0]!;
  const all = componentsOf(architecture, unit, { positions: null });
  const size = (component: Component) =>
    Math.abs(changes.get(unit)![all.indexOf(component)]!.reduce((sum, value) => sum + value, 0));
  const ranked = all.toSorted((a, b) => size(b) - size(a));
  const best = ranked.slice(0, screen);
  const others = controlHeads(ranked.slice(screen), controls, { draw: random(seed, 2) });
  const chosen = [...best, ...others];
  const runs = await patchedRuns(
    chain,
    pair,
    [metric],
    chosen,
    { unit, mode, raw: false },
    progress,
  );
  return chosen.map((component, index) => ({
    component,
    place: all.indexOf(component),
    why: index < best.length ? ("estimate" as const) : ("control" as const),
    patched: runs.patched[index]![metric]!,
  }));
}
