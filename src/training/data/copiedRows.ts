/** @file Rows of an encoder-decoder that is to copy. */
import type { Random } from "../../base/random.ts";
import type { Tensor } from "../../base/tensor.ts";
import { T5_IDS } from "../freshT5.ts";
import { rowsFrom } from "./rowsFrom.ts";

/** What an encoder reads and a decoder has written, and what it is to write next at each position; axes [batch, position]. */
export interface CopiedRows {
  readonly encoder: Tensor<Int32Array>;
  readonly decoder: Tensor<Int32Array>;
  readonly targets: Tensor<Int32Array>;
}

export interface CopiedData {
  readonly minLength: number;
  readonly maxLength: number;
}

/** Random tokens, as many in each row. */
export function copiedRows(
  { minLength, maxLength }: CopiedData,
  draw: Random,
  { vocabulary, batch }: { readonly vocabulary: number; readonly batch: number },
): CopiedRows {
  const length = draw.integer(minLength, maxLength);
  const block = () => Array.from({ length }, () => draw.integer(T5_IDS.first, vocabulary - 1));
  return copyRows(Array.from({ length: batch }, block));
}

/** The encoder reads `r end`, the decoder has `start r` and is to write `r end`. */
export function copyRows(blocks: readonly (readonly number[])[]): CopiedRows {
  const rows = blocks.map((block) => [T5_IDS.start, ...block, T5_IDS.end]);
  const { tokens: decoder, targets } = rowsFrom(rows, rows[0]!.length - 1);
  return { encoder: targets, decoder, targets };
}
