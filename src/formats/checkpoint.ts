import type { Weights } from "../base/bytes.ts";

/** What a weight file holds, whatever its format: tensors that can be used, and those that cannot with their type. */
export interface Checkpoint {
  readonly weights: Weights;
  /** Tensor name -> type as the format calls it, such as `BOOL` or `I64`: an error only if that tensor is needed. */
  readonly unsupported: ReadonlyMap<string, string>;
  /** Free text that the writer left: `__metadata__` of safetensors; empty where the format has none. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Gives back files that reading opened besides those it was given; absent where there are none. */
  readonly close?: (() => Promise<void>) | undefined;
}
