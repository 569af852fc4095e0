/** @file One path: what a head adds to the residual stream is exchanged, for one input of later heads only. */
import type { HeadAt } from "../base/headName.ts";
import { tensor, type Tensor } from "../base/tensor.ts";
import { hookName } from "../models/anatomy/hookNames.ts";
import type { Chain, State } from "./chain.ts";
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

/**
 * What each head of a layer adds to the stream more in the corrupted run than in the clean one: [examples, position, head,
 * d_model]. The scale of a norm between them is the clean run's.
 */
export async function writtenChange(
  sessions: PathSessions,
  { clean, corrupted }: BothStates,
  layer: number,
): Promise<Tensor> {
  const z = hookName(layer, "attn.hook_z");
  const [before, after] = [valueOf(clean, z), valueOf(corrupted, z)];
  const difference = after.data.map((value, index) => value - before.data[index]!);
  const scales = await (await sessions.writtenScales(layer))?.run(new Map([[z, before]]));
  const session = await sessions.written(layer);
  const trace = await session.run(
    new Map([[z, tensor(before.axes, before.shape, difference)], ...(scales ?? [])]),
  );
  return trace.get(writtenName(layer))!;
}

/** One row of a changed stream: an example, and the heads whose contribution is exchanged. */
export interface ExchangedRow {
  readonly example: number;
  readonly heads: readonly HeadAt[];
}

/**
 * The residual stream of each row with what some heads add exchanged: [rows, position, d_model].
 *
 * @param written `writtenChange` by layer
 */
export function exchangedStream(
  stream: Tensor,
  written: ReadonlyMap<number, Tensor>,
  exchanged: readonly ExchangedRow[],
): Tensor {
  const rows = takeRows(
    stream,
    exchanged.map(({ example }) => example),
  );
  const [, positions, width] = rows.shape as readonly [number, number, number];
  const data = rows.data.slice();
  exchanged.forEach(({ example, heads }, row) => {
    for (const { layer, head } of heads) {
      const { data: added, shape } = written.get(layer)!;
      const count = shape[2]!;
      for (let position = 0; position < positions; position++) {
        const to = (row * positions + position) * width;
        const from = ((example * positions + position) * count + head) * width;
        for (let index = 0; index < width; index++) data[to + index]! += added[from + index]!;
      }
    }
  });
  return tensor(rows.axes, rows.shape, data);
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
