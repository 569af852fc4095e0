import type { Tensor } from "../../base/tensor.ts";
import type { LensLook } from "./lensLook.ts";

/** What a stream would predict. */
export interface StreamLook {
  /** [batch x position]. */
  readonly looks: readonly LensLook[];
  /** At the last position of the first row, over the vocabulary; null for all rows but the first of a study. */
  readonly probabilities: Float64Array | null;
}

/** What the lens sees of some rows; each call has the rows from `first` on. */
export interface LensSeen {
  readonly first: number;
  /** [batch, position], the token after the earlier copy of each position's. */
  readonly targets: Tensor<Int32Array>;
  /** The first layer's first. */
  readonly streams: readonly StreamLook[];
  /** Looks at the final stream's logits before their soft cap; those of the last stream where there is none. */
  readonly uncapped: readonly LensLook[];
  /** By part name: [batch, position] or, for `heads LAYER`, [batch, position, head]. */
  readonly parts: ReadonlyMap<string, Tensor>;
}
