/** @file Tensors as they are wanted, made of parts of a file's tensors: whole, in rows, joined or in another order. */
import type { ByteSource } from "../../base/bytes.ts";
import { InputError } from "../../base/errors.ts";
import type { GgufTensor } from "./tensors.ts";
import { GGML_TYPES, type GgmlTypeName } from "./types.ts";

/** A run of whole blocks in a file. */
export interface BlockRun {
  readonly source: ByteSource;
  readonly type: GgmlTypeName;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** A tensor made of runs one after another. */
export interface WantedTensor {
  /** Row-major, outermost axis first. */
  readonly shape: readonly number[];
  readonly runs: readonly BlockRun[];
  /** Takes the values of so many runs at a time, and gives as many in their place; left out: they are as in the file. */
  readonly change?: {
    readonly runs: number;
    readonly of: (values: Float32Array) => Float32Array;
  };
}

/** The tensor as it is in the file. */
export function whole(tensor: GgufTensor): WantedTensor {
  const { shape, ...run } = tensor;
  return { shape, runs: [run] };
}

/**
 * `count` entries of the outermost axis, from `first` on: rows of a matrix, experts of a stack.
 *
 * @throws {InputError} "file" for entries that the tensor does not have, or that do not begin where a block does
 */
export function entriesOf(
  name: string,
  tensor: GgufTensor,
  first: number,
  count: number,
): BlockRun {
  const { shape, source, type, offset } = tensor;
  const each = shape.slice(1).reduce((product, length) => product * length, 1);
  const { blockValues, blockBytes } = GGML_TYPES[type];
  const bytesOf = (entries: number) => ((entries * each) / blockValues) * blockBytes;
  const fits = Number.isInteger(first) && count >= 1 && first + count <= (shape[0] ?? 0);
  if (!fits || !Number.isInteger(bytesOf(first)) || !Number.isInteger(bytesOf(count))) {
    throw new InputError(
      "file",
      `${source.name}: tensor ${JSON.stringify(name)} of ${type} and shape ${shape.join(" x ")} has no entries ${first} to ${first + count} of its outermost axis`,
    );
  }
  return { source, type, offset: offset + bytesOf(first), sizeBytes: bytesOf(count) };
}

/** How many values a run has. */
export function valuesOf({ type, sizeBytes }: BlockRun): number {
  const { blockValues, blockBytes } = GGML_TYPES[type];
  return (sizeBytes / blockBytes) * blockValues;
}
