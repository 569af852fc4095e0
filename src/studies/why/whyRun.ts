import type { Trace } from "../../base/backend.ts";
import type { HeadAt } from "../../base/headName.ts";
import type { LayerAnatomy, ScoreProduct } from "../../models/anatomy/programAnatomy.ts";

/** The layer that a score is in, and how its scores are made. */
export interface WhyLayer {
  readonly layer: LayerAnatomy;
  readonly product: ScoreProduct;
}

/** One run of the tokens up to the query. */
export interface WhyRun {
  readonly saved: Trace;
  /** Of the head's query, by key; minus infinity where it may not look. */
  readonly scores: Float32Array;
  /** The same before the soft cap, with what the mask adds for the distance: what parts add up to. */
  readonly uncapped: Float32Array;
  /** What the mask adds for the distance of each key; null without linear biases. */
  readonly distances: ArrayLike<number> | null;
  readonly weights: Float32Array;
  readonly visible: readonly number[];
}

/** One entry of a head's attention. */
export interface ScoreCell extends HeadAt {
  readonly query: number;
  readonly key: number;
}
