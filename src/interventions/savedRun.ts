/** @file A run of token rows that saves values for later runs, which begin with them or take patches from them. */
import type { Trace } from "../base/backend.ts";
import type { Tensor } from "../base/tensor.ts";
import type { Chain } from "./chain.ts";
import type { AtPoint, MetricFeeds, State } from "./chainRun.ts";
import type { Point } from "./points.ts";

export interface SavedRun {
  /** Values of the saved points as they were before any change there, [examples, ...]. */
  readonly saved: State;
  readonly metrics: Trace;
}

export interface SavedRunOptions {
  /** Points whose values are saved; left out: all. */
  readonly saves?: ((point: Point) => boolean) | undefined;
  /** May change the state once it was saved. */
  readonly change?: AtPoint | undefined;
}

/** Runs a few rows, no more than `chain.rows`. */
export async function savedRun(
  chain: Chain,
  tokens: Tensor<Int32Array>,
  feeds: MetricFeeds,
  { saves = () => true, change = (_, state) => state }: SavedRunOptions = {},
): Promise<SavedRun> {
  const saved = new Map<string, Tensor>();
  const place = chain.placeOfSaved();
  const begin = await chain.embed(tokens);
  const metrics = await chain.finish(begin, chain.points[0]!.name, feeds, (point, state) => {
    if (saves(point)) for (const name of point.needs) saved.set(name, place(state.get(name)!));
    return change(point, state);
  });
  return { saved, metrics };
}

/** Points at which heads' outputs are changed, and what runs that begin there need. */
export const atOutputs = (point: Point): boolean => point.name.endsWith(".attn.hook_z");
