import type { ByteSource, Weights } from "../base/bytes.ts";
import { InputError } from "../base/errors.ts";
import { byteSize } from "../base/byteSize.ts";

/** Far above any file of weights: what one tensor takes in memory is about a kilobyte. */
const MOST_TENSORS = 250_000;
/** What a tensor takes in a list of them. */
const LISTED_BYTES = 1000;

/**
 * Before a header is taken apart.
 *
 * @throws {InputError} "file" for a file of more tensors than any model has
 */
export function checkTensorCount({ name }: ByteSource, count: number): void {
  if (count <= MOST_TENSORS) return;
  throw new InputError(
    "file",
    `${name} has ${count} tensors, and at most ${MOST_TENSORS} are read: to list these takes about ${byteSize(count * LISTED_BYTES)}`,
  );
}

/** A tensor of a type that is not used as it is: located, so that it can be decoded. */
export interface PackedTensor {
  /** As the format calls it, such as `F8_E4M3` or `U32`. */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly source: ByteSource;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** What a weight file holds, whatever its format: tensors that can be used, and those that cannot with their type. */
export interface Checkpoint {
  readonly weights: Weights;
  /** Tensor name -> type as the format calls it, such as `BOOL` or `I64`: an error only if that tensor is needed. */
  readonly unsupported: ReadonlyMap<string, string>;
  /** Where the unsupported tensors are, for formats that say so. */
  readonly packed?: ReadonlyMap<string, PackedTensor> | undefined;
  /** Free text that the writer left: `__metadata__` of safetensors; empty where the format has none. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Gives back files that reading opened besides those it was given; absent where there are none. */
  readonly close?: (() => Promise<void>) | undefined;
}
