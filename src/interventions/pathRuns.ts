/** @file The runs of path patching: changed residual streams, what receivers read from them, and what comes of it. */
import type { Tensor } from "../base/tensor.ts";
import type { Pair } from "../inputs/pair.ts";
import { hookName, residBefore } from "../models/anatomy/hookNames.ts";
import type { MetricName } from "../results/causalNames.ts";
import { feedsFor } from "./chunks.ts";
import { metricFeeds, type Chain } from "./chain.ts";
import type { MetricFeeds, State } from "./chainRun.ts";
import { inductionScores } from "./inductionScores.ts";
import { metricValue } from "./metrics.ts";
import type { PathPlan } from "./pathPlan.ts";
import type { HeadRoute, PathSessions } from "./pathSessions.ts";
import {
  exchangedStream,
  readByRoute,
  writtenChange,
  type BothStates,
  type WrittenChange,
} from "./exchangedPaths.ts";
import { takeRows, takeState, valueOf, withParts } from "./rows.ts";

interface Place {
  readonly source: number;
  readonly example: number;
}

/** Runs every path for the examples of `both` and hands over the metric of each. */
export async function readThrough(
  chain: Chain,
  sessions: PathSessions,
  plan: PathPlan,
  both: BothStates,
  feeds: MetricFeeds,
  pair: Pair,
  take: (source: number, example: number, value: number) => void,
): Promise<void> {
  const examples = feeds.targets.shape[0]!;
  const changes = new Map<number, WrittenChange>();
  for (const { layer } of plan.sources.flat())
    if (!changes.has(layer))
      changes.set(layer, await writtenChange(sessions, both, layer, plan.norm));
  const places = plan.sources.flatMap((_, source) =>
    Array.from({ length: examples }, (_row, example) => ({ source, example })),
  );
  const context = { chain, sessions, plan, both, feeds, pair, changes };
  const stream = plan.route === "logits" ? await endOfStream(context) : null;
  for (let first = 0; first < places.length; first += chain.rows) {
    const now = places.slice(first, first + chain.rows);
    const values = await chain.once(() =>
      stream ? intoLogits(context, stream, now) : intoHeads(context, now),
    );
    now.forEach(({ source, example }, row) => take(source, example, values[row]!));
  }
}

interface Context {
  readonly chain: Chain;
  readonly sessions: PathSessions;
  readonly plan: PathPlan;
  readonly both: BothStates;
  readonly feeds: MetricFeeds;
  readonly pair: Pair;
  /** By source layer. */
  readonly changes: ReadonlyMap<number, WrittenChange>;
}

/** The clean residual stream with the contributions of each place's sources exchanged. */
function changedStream(
  { plan, changes }: Context,
  stream: Tensor,
  places: readonly Place[],
): Promise<Tensor> {
  const exchanged = places.map(({ source, example }) => ({
    example,
    heads: plan.sources[source]!,
  }));
  return exchangedStream(stream, changes, exchanged);
}

/** The residual stream before `layer` in which MLPs have responded to the sources, and heads have not. */
async function respondedStream(
  { chain, plan, both }: Context,
  layer: number,
  places: readonly Place[],
): Promise<Tensor> {
  const examples = places.map(({ example }) => example);
  const zs = chain.points.filter(({ name }) => name.endsWith(".attn.hook_z"));
  const first = Math.min(
    ...places.flatMap(({ source }) => plan.sources[source]!.map((head) => head.layer)),
  );
  const start = zs.find((point) => point.layer === first)!;
  const end = hookName(layer, "hook_resid_pre");
  const keepBeforePath = (at: number, state: State): State => {
    const z = hookName(at, "attn.hook_z");
    const rows = takeRows(valueOf(both.clean, z), examples);
    const changes = places.flatMap(({ source, example }, row) => {
      const heads = plan.sources[source]!.filter((head) => head.layer === at).map(
        ({ head }) => head,
      );
      return heads.length === 0
        ? []
        : [{ row, source: valueOf(both.corrupted, z), example, part: { heads } }];
    });
    return new Map([...state, [z, withParts(rows, changes)]]);
  };
  const state = await chain.advance(
    keepBeforePath(first, takeState(both.clean, start.needs, examples)),
    start.name,
    end,
    (point, now) => (point.name.endsWith(".attn.hook_z") ? keepBeforePath(point.layer, now) : now),
  );
  return valueOf(state, end);
}

async function intoHeads(context: Context, places: readonly Place[]): Promise<number[]> {
  const { plan, feeds, chain, both, pair } = context;
  const examples = places.map(({ example }) => example);
  const layers = [...new Set(plan.receivers.map(({ layer }) => layer))].sort((a, b) => a - b);
  const states = new Map<number, State>();
  for (const layer of layers) states.set(layer, await receiverState(context, layer, places));
  if (plan.metric === "induction-score") {
    const all = new Map([...states.values()].flatMap((state) => [...state]));
    return inductionScores(all, plan.receivers, pair);
  }
  const start = chain.points.find(({ name }) => name === hookName(layers[0]!, "attn.hook_z"))!;
  const trace = await chain.finish(
    takeState(both.clean, start.needs, examples),
    start.name,
    feedsFor(feeds, examples),
    (point, state) => {
      const mixed = states.get(point.layer);
      const z = hookName(point.layer, "attn.hook_z");
      if (!mixed || point.name !== z) return state;
      const heads = plan.receivers
        .filter(({ layer }) => layer === point.layer)
        .map(({ head }) => head);
      const changes = places.map((_, row) => ({
        row,
        example: row,
        source: valueOf(mixed, z),
        part: { heads },
      }));
      return new Map([...state, [z, withParts(valueOf(state, z), changes)]]);
    },
  );
  return [...trace.get(metricValue(plan.metric))!.data];
}

/** Pattern and z of all heads of a layer if all of them read the changed stream by the plan's route. */
async function receiverState(
  context: Context,
  layer: number,
  places: readonly Place[],
): Promise<State> {
  const { chain, sessions, plan, both } = context;
  const clean = valueOf(both.clean, hookName(layer, "hook_resid_pre"));
  const stream =
    plan.form === "direct"
      ? await changedStream(context, clean, places)
      : await respondedStream(context, layer, places);
  const examples = places.map(({ example }) => example);
  const route = plan.route as HeadRoute; // without receivers there is no other route
  return readByRoute(
    chain,
    sessions,
    { layer, route, norm: plan.norm },
    { clean: both.clean, stream, examples },
    plan.metric === "induction-score" ? "attn.hook_pattern" : "attn.hook_z",
  );
}

async function endOfStream({ sessions, plan, both }: Context): Promise<State> {
  const session = await sessions.endOfStream();
  const feeds = new Map(
    session.program.inputs.flatMap(({ name }) => {
      const value = both.clean.get(name);
      return value ? [[name, value] as const] : [];
    }),
  );
  const stream = await session.run(feeds);
  const scale = (await (await sessions.endScale(plan.norm))?.run(stream)) ?? [];
  return new Map([...stream, ...scale]);
}

/** The final norm and the unembedding of the changed end of the stream. */
async function intoLogits(
  context: Context,
  stream: State,
  places: readonly Place[],
): Promise<number[]> {
  const { chain, sessions, plan, feeds } = context;
  const examples = places.map(({ example }) => example);
  const layers = chain.points.at(-1)!.layer + 1;
  const name = residBefore(layers, layers);
  const session = await sessions.metric(plan.metric as MetricName, plan.norm); // the plan refuses attention scores here
  const trace = await session.run(
    new Map<string, Tensor | Tensor<Int32Array>>([
      ...takeState(stream, [...stream.keys()], examples),
      [name, await changedStream(context, valueOf(stream, name), places)],
      ...metricFeeds(session, feedsFor(feeds, examples)),
    ]),
  );
  return [...trace.get(metricValue(plan.metric as MetricName))!.data];
}
