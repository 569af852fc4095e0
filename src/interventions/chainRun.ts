/** @file What a run of a chain carries from point to point, and what it is asked for. */
import type { Tensor } from "../base/tensor.ts";
import type { Point } from "./points.ts";

/** Values at a point by hook name; first axis batch. */
export type State = ReadonlyMap<string, Tensor>;

/** What the rows of one run should predict, axes [batch, position]. */
export interface MetricFeeds {
  readonly targets: Tensor<Int32Array>;
  readonly others?: Tensor<Int32Array> | undefined;
  readonly positions: readonly number[];
}

/** May change the state where a run passes a point. */
export type AtPoint = (point: Point, state: State) => State | Promise<State>;

/** A run that goes to the metrics together with others. */
export interface ChainRun {
  /** Name of the point that it begins at. */
  readonly from: string;
  /** Makes the state there, once the run begins. */
  readonly begin: () => State;
  readonly feeds: MetricFeeds;
  /** Asked at every point on the way, the first one included. */
  readonly at?: AtPoint | undefined;
}
