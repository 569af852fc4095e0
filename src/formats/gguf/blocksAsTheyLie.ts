/** @file Tensors of four-bit blocks that are multiplied without being decoded: their codes and scales, in the engine's order. */
import { BLOCK_VALUES, type ByteSource, type StoredTensor } from "../../base/bytes.ts";
import { computedTensor } from "../computedTensor.ts";
import { halfAt } from "./dequantise/blocks.ts";
import { GGML_TYPES } from "./types.ts";
import { valuesOf, type BlockRun, type WantedTensor } from "./wantedTensor.ts";

const { blockBytes: BLOCK_BYTES, dequantise } = GGML_TYPES.Q4_0;
const SCALE_BYTES = 2;
const CODE_BYTES = BLOCK_VALUES / 2;

/**
 * A tensor of Q4_0 blocks, which are decoded where they are read as float32 and not before; with `blocks`. Null for other types and
 * for values that are changed.
 */
export function blocksAsTheyLie({ shape, runs, change }: WantedTensor): StoredTensor | null {
  if (change || runs.length === 0 || runs.some(({ type }) => type !== "Q4_0")) return null;
  const { name } = runs[0]!.source;
  const blocksFrom = blockReader(runs);
  const float32 = computedTensor(name, shape, async (first, count) => {
    const from = Math.floor(first / BLOCK_VALUES);
    const blocks = await blocksFrom(from, Math.ceil((first + count) / BLOCK_VALUES) - from);
    const values = new Float32Array((blocks.length / BLOCK_BYTES) * BLOCK_VALUES);
    dequantise(blocks, values);
    const start = first - from * BLOCK_VALUES;
    return values.subarray(start, start + count);
  });
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

interface PartOfRun {
  readonly source: ByteSource;
  readonly offset: number;
  readonly sizeBytes: number;
  /** Where its bytes belong. */
  readonly to: number;
}

/** `count` blocks from the `first` on, of runs one after another. */
function blockReader(runs: readonly BlockRun[]) {
  const starts = [0];
  for (const run of runs) starts.push(starts.at(-1)! + valuesOf(run) / BLOCK_VALUES);
  return async (first: number, count: number): Promise<Uint8Array> => {
    const parts = runs.flatMap(({ source, offset }, index): PartOfRun[] => {
      const from = Math.max(first, starts[index]!);
      const sizeBytes = (Math.min(first + count, starts[index + 1]!) - from) * BLOCK_BYTES;
      if (sizeBytes <= 0) return [];
      const at = offset + (from - starts[index]!) * BLOCK_BYTES;
      return [{ source, offset: at, sizeBytes, to: (from - first) * BLOCK_BYTES }];
    });
    const blocks = new Uint8Array(count * BLOCK_BYTES);
    const bytesOf = await readTogether(parts, blocks.length);
    for (const part of parts) blocks.set(await bytesOf(part), part.to);
    return blocks;
  };
}

/** Parts of a tensor whose rows are in another order lie near each other: they are read in one go. */
async function readTogether(parts: readonly PartOfRun[], sizeBytes: number) {
  const [{ source }] = parts as [PartOfRun];
  const begin = parts.reduce((least, { offset }) => Math.min(least, offset), Infinity);
  const end = parts.reduce((most, part) => Math.max(most, part.offset + part.sizeBytes), 0);
  if (parts.some((part) => part.source !== source) || end - begin > 2 * sizeBytes)
    return (part: PartOfRun) => part.source.read(part.offset, part.sizeBytes);
  const all = await source.read(begin, end - begin);
  return (part: PartOfRun) =>
    Promise.resolve(all.subarray(part.offset - begin, part.offset - begin + part.sizeBytes));
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
