import type { Tensor } from "../../base/tensor.ts";

/** What the lens sees of some rows; each call has the rows from `first` on. */
export interface LensSeen {
  readonly first: number;
  /** [batch, position], the token after the earlier copy of each position's. */
  readonly targets: Tensor<Int32Array>;
  /** By stream, the first layer's first: [batch, position, d_vocab]. */
  readonly logits: readonly Tensor[];
  /** Of the final stream before their soft cap; the last of `logits` where there is none. */
  readonly uncapped: Tensor;
  /** By part name: [batch, position] or, for `heads LAYER`, [batch, position, head]. */
  readonly parts: ReadonlyMap<string, Tensor>;
}
