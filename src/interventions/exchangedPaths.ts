/** @file One path: what a head adds to the residual stream is exchanged, for one input of later heads only. */
import type { HeadAt } from "../base/headName.ts";
import { tensor, type Tensor } from "../base/tensor.ts";
import { hookName } from "../models/anatomy/hookNames.ts";
import type { Trace } from "../base/backend.ts";
import type { Chain } from "./chain.ts";
import type { State } from "./chainRun.ts";
import {
  routeHook,
  writtenName,
  type HeadRoute,
  type NormOfPath,
  type PathSessions,
} from "./pathSessions.ts";
import { takeRows, takeState, valueOf } from "./rows.ts";

/** Saved values of the same examples in two runs. */
export interface BothStates {
  readonly clean: State;
  readonly corrupted: State;
}

/** From what the norm behind attention reads to what is added to the stream. */
interface Passing {
  /** What it reads in the clean run. */
  readonly input: Tensor;
  /** What it adds there. */
  readonly added: Tensor;
  readonly through: (input: Tensor) => Promise<Tensor>;
}

/** How what heads of a layer write differs between two runs. */
export interface WrittenChange {
  /** What each head adds more in the corrupted run, to the stream or to what `passage` reads: [examples, position, head, d_model]. */
  readonly byHead: Tensor;
  /** Where a norm stands behind attention; null where none does. */
  readonly passage: Passing | null;
}

/**
 * What each head of a layer adds to the stream more in the corrupted run than in the clean one. The scale of a norm between them is
 * the clean run's, or is computed anew from what the layer's heads write together.
 */
export async function writtenChange(
  sessions: PathSessions,
  { clean, corrupted }: BothStates,
  layer: number,
  norm: NormOfPath,
): Promise<WrittenChange> {
  const z = hookName(layer, "attn.hook_z");
  const [before, after] = [valueOf(clean, z), valueOf(corrupted, z)];
  const difference = after.data.map((value, index) => value - before.data[index]!);
  const scales = await (await sessions.writtenScales(layer, norm))?.run(new Map([[z, before]]));
  const session = await sessions.writeSession(layer, norm);
  const trace = await session.run(
    new Map([[z, tensor(before.axes, before.shape, difference)], ...(scales ?? [])]),
  );
  const byHead = trace.get(writtenName(layer))!;
  const [between, passage] = [
    await sessions.beforePassage(layer, norm),
    await sessions.passage(layer, norm),
  ];
  if (!between || !passage) return { byHead, passage: null };
  const through = async (value: Tensor) =>
    only(await passage.run(new Map([[between.program.outputs[0]!, value]])));
  const input = only(await between.run(new Map([[z, before]])));
  return { byHead, passage: { input, added: await through(input), through } };
}

function only(trace: Trace): Tensor {
  return trace.values().next().value!;
}

/** One row of a changed stream: an example, and the heads whose contribution is exchanged. */
export interface ExchangedRow {
  readonly example: number;
  readonly heads: readonly HeadAt[];
}

/**
 * The residual stream of each row with what some heads add exchanged: [rows, position, d_model].
 *
 * @param changes `writtenChange` by layer
 */
export async function exchangedStream(
  stream: Tensor,
  changes: ReadonlyMap<number, WrittenChange>,
  exchanged: readonly ExchangedRow[],
): Promise<Tensor> {
  const examples = exchanged.map(({ example }) => example);
  let changed = takeRows(stream, examples);
  for (const [layer, { byHead, passage }] of changes) {
    const heads = exchanged.map((row) => row.heads.filter((head) => head.layer === layer));
    if (heads.every((list) => list.length === 0)) continue;
    if (!passage) {
      changed = withHeads(changed, byHead, examples, heads);
      continue;
    }
    const before = takeRows(passage.input, examples);
    const clean = takeRows(passage.added, examples);
    const other = await passage.through(withHeads(before, byHead, examples, heads));
    const data = changed.data.map((value, at) => value + other.data[at]! - clean.data[at]!);
    changed = tensor(changed.axes, changed.shape, data);
  }
  return changed;
}

/** `base` [rows, position, d_model] and what the heads of each row add to it. */
function withHeads(
  base: Tensor,
  { data: added, shape }: Tensor,
  examples: readonly number[],
  heads: readonly (readonly HeadAt[])[],
): Tensor {
  const [, positions, width] = base.shape as readonly [number, number, number];
  const count = shape[2]!;
  const data = base.data.slice();
  heads.forEach((list, row) => {
    for (const { head } of list)
      for (let position = 0; position < positions; position++) {
        const to = (row * positions + position) * width;
        const from = ((examples[row]! * positions + position) * count + head) * width;
        for (let index = 0; index < width; index++) data[to + index]! += added[from + index]!;
      }
  });
  return tensor(base.axes, base.shape, data);
}

/** What leads into the heads of one layer. */
export interface ReceivingLayer {
  readonly layer: number;
  readonly route: HeadRoute;
  readonly norm: NormOfPath;
}

/**
 * The state up to `to` if all heads of a layer read `stream` by one route, and everything else from the clean run.
 *
 * @param examples the rows' examples in the clean run
 */
export async function readByRoute(
  chain: Chain,
  sessions: PathSessions,
  { layer, route, norm }: ReceivingLayer,
  {
    clean,
    stream,
    examples,
  }: {
    readonly clean: State;
    readonly stream: Tensor;
    readonly examples: readonly number[];
  },
  to: "attn.hook_pattern" | "attn.hook_z",
): Promise<State> {
  const resid = hookName(layer, "hook_resid_pre");
  const before = takeRows(valueOf(clean, resid), examples);
  const scale = await (await sessions.readScale(layer, norm))?.run(new Map([[resid, before]]));
  const session = await sessions.read(layer, route, norm);
  const read = await session.run(new Map([[resid, stream], ...(scale ?? [])]));
  const hook = routeHook(layer, route);
  const from = chain.points.find(({ name }) => name === hookName(layer, "attn.hook_q"))!;
  const state = new Map([
    ...takeState(clean, from.needs, examples),
    [hook, valueOf(read, hook)] as const,
  ]);
  return chain.advance(state, from.name, hookName(layer, to));
}
