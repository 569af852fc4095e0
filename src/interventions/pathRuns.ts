/** @file The runs of path patching: changed residual streams, what receivers read from them, and what comes of it. */
import { tensor, type Tensor } from "../base/tensor.ts";
import { feedsFor } from "./baseRun.ts";
import { metricFeeds, type Chain, type MetricFeeds, type State } from "./chain.ts";
import type { HeadAt } from "../base/headName.ts";
import { metricValue } from "./metrics.ts";
import type { Pair } from "../inputs/pair.ts";
import type { PathPlan } from "./pathPlan.ts";
import { routeHook, type PathParts } from "./pathParts.ts";
import { hookName, residBefore } from "./points.ts";
import { takeRows, takeState, valueOf, withParts } from "./rows.ts";

interface Both {
  readonly clean: State;
  readonly corrupted: State;
}

interface Place {
  readonly source: number;
  readonly example: number;
}

/** Mean weight at the induction target over the second copy and over heads, one per example. */
export function inductionScores(
  state: State,
  heads: readonly HeadAt[],
  { start, period }: Pick<Pair, "start" | "period">,
): number[] {
  const patterns = heads.map(({ layer }) => valueOf(state, hookName(layer, "attn.hook_pattern")));
  const [examples, headCount, length] = patterns[0]!.shape as readonly [number, number, number];
  return Array.from({ length: examples }, (_, example) => {
    let sum = 0;
    heads.forEach(({ head }, index) => {
      for (let offset = 0; offset < period; offset++) {
        const query = start + period + offset;
        const row = ((example * headCount + head) * length + query) * length;
        sum += patterns[index]!.data[row + query - period + 1]!;
      }
    });
    return sum / (period * heads.length);
  });
}

/** Runs every path for the examples of `both` and hands over the metric of each. */
export async function readThrough(
  chain: Chain,
  parts: PathParts,
  plan: PathPlan,
  both: Both,
  feeds: MetricFeeds,
  pair: Pair,
  take: (source: number, example: number, value: number) => void,
): Promise<void> {
  const examples = feeds.targets.shape[0]!;
  const written = await writtenDifferences(parts, both);
  const places = plan.sources.flatMap((_, source) =>
    Array.from({ length: examples }, (_row, example) => ({ source, example })),
  );
  const context = { chain, parts, plan, both, feeds, pair, written };
  const stream = parts.end && (await endOfStream(context));
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
  readonly parts: PathParts;
  readonly plan: PathPlan;
  readonly both: Both;
  readonly feeds: MetricFeeds;
  readonly pair: Pair;
  /** By source layer: (z_corrupted - z_clean) W_O, [examples, position, head, d_model]. */
  readonly written: ReadonlyMap<number, Tensor>;
}

async function writtenDifferences(
  parts: PathParts,
  { clean, corrupted }: Both,
): Promise<Map<number, Tensor>> {
  const all = new Map<number, Tensor>();
  for (const [layer, session] of parts.written) {
    const z = hookName(layer, "attn.hook_z");
    const [before, after] = [valueOf(clean, z), valueOf(corrupted, z)];
    const difference = after.data.map((value, index) => value - before.data[index]!);
    const trace = await session.run(new Map([[z, tensor(before.axes, before.shape, difference)]]));
    all.set(layer, trace.get(hookName(layer, "attn.hook_result"))!);
  }
  return all;
}

/** The clean residual stream of each row with the contributions of its sources exchanged: [rows, position, d_model]. */
function changedStream(
  { plan, written }: Context,
  stream: Tensor,
  places: readonly Place[],
): Tensor {
  const rows = takeRows(
    stream,
    places.map(({ example }) => example),
  );
  const [, positions, width] = rows.shape as readonly [number, number, number];
  const data = rows.data.slice();
  places.forEach(({ source, example }, row) => {
    for (const { layer, head } of plan.sources[source]!) {
      const { data: added, shape } = written.get(layer)!;
      const heads = shape[2]!;
      for (let position = 0; position < positions; position++) {
        const to = (row * positions + position) * width;
        const from = ((example * positions + position) * heads + head) * width;
        for (let index = 0; index < width; index++) data[to + index]! += added[from + index]!;
      }
    }
  });
  return tensor(rows.axes, rows.shape, data);
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
    ...places.flatMap(({ source }) => plan.sources[source]!.map((one) => one.layer)),
  );
  const start = zs.find((point) => point.layer === first)!;
  const end = hookName(layer, "hook_resid_pre");
  const kept = (at: number, state: State): State => {
    const z = hookName(at, "attn.hook_z");
    const rows = takeRows(valueOf(both.clean, z), examples);
    const changes = places.flatMap(({ source, example }, row) => {
      const heads = plan.sources[source]!.filter((one) => one.layer === at).map(({ head }) => head);
      return heads.length === 0
        ? []
        : [{ row, source: valueOf(both.corrupted, z), example, part: { heads } }];
    });
    return new Map([...state, [z, withParts(rows, changes)]]);
  };
  const state = await chain.advance(
    kept(first, takeState(both.clean, start.needs, examples)),
    start.name,
    end,
    (point, now) => (point.name.endsWith(".attn.hook_z") ? kept(point.layer, now) : now),
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
  const { chain, parts, plan, both } = context;
  const examples = places.map(({ example }) => example);
  const resid = hookName(layer, "hook_resid_pre");
  const clean = valueOf(both.clean, resid);
  const stream =
    plan.form === "direct"
      ? changedStream(context, clean, places)
      : await respondedStream(context, layer, places);
  const scaleSession = parts.scale.get(layer);
  const scale = scaleSession
    ? await scaleSession.run(new Map([[resid, takeRows(clean, examples)]]))
    : [];
  const read = await parts.read.get(layer)!.run(new Map([[resid, stream], ...scale]));
  const route = hookName(layer, routeHook(plan.route as "q"));
  const from = chain.points.find(({ name }) => name === hookName(layer, "attn.hook_q"))!;
  const state = new Map([
    ...takeState(both.clean, from.needs, examples),
    [route, valueOf(read, route)] as const,
  ]);
  const to = plan.metric === "induction-score" ? "attn.hook_pattern" : "attn.hook_z";
  return chain.advance(state, from.name, hookName(layer, to));
}

async function endOfStream({ chain, parts, both }: Context): Promise<State> {
  const { needs } = chain.points.at(-1)!;
  const fed = new Map(
    needs
      .filter((name) => parts.end!.stream.program.inputs.some((input) => input.name === name))
      .map((name) => [name, valueOf(both.clean, name)]),
  );
  const stream = await parts.end!.stream.run(fed);
  const scale = parts.end!.scale ? await parts.end!.scale.run(stream) : [];
  return new Map([...stream, ...scale]);
}

/** The final norm and the unembedding of the changed end of the stream. */
async function intoLogits(
  context: Context,
  stream: State,
  places: readonly Place[],
): Promise<number[]> {
  const { chain, parts, plan, feeds } = context;
  const examples = places.map(({ example }) => example);
  const layers = chain.points.at(-1)!.layer + 1;
  const name = residBefore(layers, layers);
  const session = parts.end!.metric;
  const trace = await session.run(
    new Map<string, Tensor | Tensor<Int32Array>>([
      ...takeState(stream, [...stream.keys()], examples),
      [name, changedStream(context, valueOf(stream, name), places)],
      ...metricFeeds(session, feedsFor(feeds, examples)),
    ]),
  );
  return [...trace.get(metricValue(plan.metric as "centred-logit"))!.data];
}
