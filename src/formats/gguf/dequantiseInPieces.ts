import type { ByteSource } from "../../base/bytes.ts";
import { InputError, throwIfAborted } from "../../base/errors.ts";
import type { ScanOptions } from "../inChunks.ts";
import { fromBfloat16, fromFloat16, words } from "../readTensor.ts";
import type { Dequantise } from "./dequantise/blocks.ts";
import type { GgufTensor } from "./tensors.ts";
import { GGML_TYPES, type GgmlType, type GgmlTypeName } from "./types.ts";

/** A tensor to decode, and in what order its rows are wanted. */
export interface CodedTensor extends GgufTensor {
  /**
   * Rows of so many heads are stored in rotary pairs (2i, 2i + 1), as llama.cpp keeps queries and keys; wanted are, for
   * each head, first all rows 2i and then all rows 2i + 1, as Hugging Face keeps them.
   */
  readonly pairedHeads?: number;
}

const PIECE_VALUES = 2 ** 20; // whole blocks of every type

/**
 * Decodes tensors one after another and hands their float32 bytes to `take`, in order and in pieces.
 *
 * A piece is the receiver's until its promise resolves; the next one is decoded meanwhile.
 *
 * @throws {InputError} "file" for paired rows that are not a whole number of pairs in each head
 * @throws {AbortError} between two pieces once `signal` is aborted
 */
export async function dequantiseInPieces(
  source: ByteSource,
  tensors: ReadonlyMap<string, CodedTensor>,
  take: (name: string, float32: Uint8Array) => Promise<void>,
  { signal, progress }: ScanOptions = {},
): Promise<void> {
  const totalBytes = [...tensors.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let doneBytes = 0;
  let taken = Promise.resolve();
  for (const [name, tensor] of tensors) {
    const { offset, sizeBytes } = tensor;
    const { pieceBytes, decoded } = decoding(source, name, tensor);
    for (let done = 0; done < sizeBytes; done += pieceBytes) {
      throwIfAborted(signal);
      const blocks = await source.read(offset + done, Math.min(pieceBytes, sizeBytes - done));
      const values = decoded(blocks);
      await taken;
      taken = take(name, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      taken.catch(() => undefined); // seen at the next await, and until then no unhandled rejection
      doneBytes += blocks.length;
      progress?.(doneBytes, totalBytes);
    }
  }
  await taken;
}

/** How a tensor is cut, and what becomes of a piece. */
function decoding(
  source: ByteSource,
  name: string,
  { type, shape, pairedHeads }: CodedTensor,
): { readonly pieceBytes: number; readonly decoded: (blocks: Uint8Array) => Float32Array } {
  const { blockValues, blockBytes, dequantise }: GgmlType = GGML_TYPES[type];
  const values = decoder(type, dequantise, blockValues / blockBytes);
  const bytesOf = (count: number) => (count / blockValues) * blockBytes;
  if (pairedHeads === undefined) return { pieceBytes: bytesOf(PIECE_VALUES), decoded: values };
  const rowValues = shape.slice(1).reduce((product, size) => product * size, 1);
  const pairs = shape[0]! / pairedHeads / 2;
  const headValues = 2 * pairs * rowValues;
  if (!Number.isInteger(pairs) || pairs < 1 || !Number.isInteger(bytesOf(headValues))) {
    throw new InputError(
      "file",
      `${source.name}: tensor ${JSON.stringify(name)} of ${type} and shape ${shape.join(" x ")} has no pairs of rows in ${pairedHeads} heads`,
    );
  }
  const heads = Math.max(1, Math.floor(PIECE_VALUES / headValues));
  return {
    pieceBytes: bytesOf(heads * headValues),
    decoded: (blocks) => unpaired(values(blocks), { pairs, rowValues }),
  };
}

function decoder(type: GgmlTypeName, dequantise: Dequantise | undefined, valuesPerByte: number) {
  const plain = PLAIN[type];
  if (plain) return plain;
  if (!dequantise) throw new Error(`internal: ${type} is not dequantised`);
  return (blocks: Uint8Array) => {
    const values = new Float32Array(blocks.length * valuesPerByte);
    dequantise(blocks, values);
    return values;
  };
}

/** Types that are decoded only where their rows are wanted in another order. */
const PLAIN: Partial<Record<GgmlTypeName, (bytes: Uint8Array) => Float32Array>> = {
  F32: (bytes) => words(Float32Array, bytes),
  F16: (bytes) => fromFloat16(words(Uint16Array, bytes)),
  BF16: (bytes) => fromBfloat16(words(Uint16Array, bytes)),
};

/** Rows 0, 2, 4, ... of each head before its rows 1, 3, 5, ... */
function unpaired(
  rows: Float32Array,
  { pairs, rowValues }: { readonly pairs: number; readonly rowValues: number },
): Float32Array {
  const ordered = new Float32Array(rows.length);
  const headValues = 2 * pairs * rowValues;
  for (let head = 0; head < rows.length; head += headValues) {
    for (let row = 0; row < 2 * pairs; row++) {
      const from = head + row * rowValues;
      const to = head + ((row % 2) * pairs + Math.floor(row / 2)) * rowValues;
      ordered.set(rows.subarray(from, from + rowValues), to);
    }
  }
  return ordered;
}
