/** @file Tensors of four-bit blocks that are multiplied without being decoded: their codes and scales, in the engine's order. */
import { BLOCK_VALUES, type ByteSource, type StoredTensor } from "../../base/bytes.ts";
import { blockReader } from "./blockReader.ts";
import type { Decoder } from "./decodeBlocks.ts";
import { decodedOnRead } from "./decodedOnRead.ts";
import { halfAt } from "./dequantise/blocks.ts";
import { GGML_TYPES } from "./types.ts";
import type { WantedTensor } from "./wantedTensor.ts";

const BLOCK_BYTES = GGML_TYPES.Q4_0.blockBytes;
const SCALE_BYTES = 2;
const CODE_BYTES = BLOCK_VALUES / 2;

/**
 * A tensor of Q4_0 blocks, which are decoded where they are read as float32 and not before; with `blocks`. Null for other types and
 * for values that are changed.
 */
export function blocksAsTheyLie(tensor: WantedTensor, decoder: Decoder): StoredTensor | null {
  const { runs, change } = tensor;
  if (change || runs.length === 0 || runs.some(({ type }) => type !== "Q4_0")) return null;
  const { name } = runs[0]!.source;
  const blocksFrom = blockReader(runs);
  const float32 = decodedOnRead(tensor, decoder);
  const part = (
    bytes: number,
    write: (blocks: Uint8Array, into: Uint8Array) => void,
  ): ByteSource => ({
    name,
    sizeBytes: (float32.sizeBytes / 4 / BLOCK_VALUES) * bytes,
    async read(offset, length) {
      const first = Math.floor(offset / bytes);
      const count = Math.ceil((offset + length) / bytes) - first;
      const all = new Uint8Array(count * bytes);
      write(await blocksFrom(first, count), all);
      return all.subarray(offset - first * bytes, offset - first * bytes + length);
    },
  });
  return {
    ...float32,
    blocks: { codes: part(CODE_BYTES, writeCodes), scales: part(4, writeScales) },
  };
}

/** A file has the first half of a block's codes in low halves of bytes and the second in high ones; the engine has neighbours. */
function writeCodes(blocks: Uint8Array, codes: Uint8Array): void {
  for (let at = SCALE_BYTES, to = 0; at < blocks.length; at += BLOCK_BYTES, to += CODE_BYTES) {
    for (let pair = 0; pair < CODE_BYTES / 2; pair++) {
      const [first, second] = [blocks[at + 2 * pair]!, blocks[at + 2 * pair + 1]!];
      codes[to + pair] = (first & 15) | (second << 4);
      codes[to + pair + CODE_BYTES / 2] = (first >> 4) | (second & 240);
    }
  }
}

function writeScales(blocks: Uint8Array, bytes: Uint8Array): void {
  const scales = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  for (let at = 0; at < scales.length; at++) scales[at] = halfAt(blocks, at * BLOCK_BYTES);
}
