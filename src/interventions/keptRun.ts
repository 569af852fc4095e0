/** @file A run that keeps what later runs begin with and may change values where it passes. */
import type { Tensor } from "../base/tensor.ts";
import type { Trace } from "../base/backend.ts";
import type { AtPoint, Chain, MetricFeeds, State } from "./chain.ts";
import type { Point } from "./points.ts";

export interface KeptRun {
  /** Values of the kept points as they were before any change there, [examples, ...]. */
  readonly saved: State;
  readonly metrics: Trace;
}

/** Runs a few rows; `keep` chooses points, `change` may alter the state after it was kept. */
export async function keptRun(
  chain: Chain,
  tokens: Tensor<Int32Array>,
  feeds: MetricFeeds,
  keep: (point: Point) => boolean,
  change: AtPoint = (_, state) => state,
): Promise<KeptRun> {
  const saved = new Map<string, Tensor>();
  const begin = await chain.embed(tokens);
  const metrics = await chain.finish(begin, chain.points[0]!.name, feeds, (point, state) => {
    if (keep(point)) for (const name of point.needs) saved.set(name, state.get(name)!);
    return change(point, state);
  });
  return { saved, metrics };
}

/** Points at which heads' outputs are changed, and what runs that begin there need. */
export const atOutputs = (point: Point): boolean => point.name.endsWith(".attn.hook_z");
