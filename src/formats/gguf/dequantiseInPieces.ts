import type { ByteSource } from "../../base/bytes.ts";
import { Interrupted } from "../../base/errors.ts";
import type { ScanOptions } from "../inChunks.ts";
import type { GgufTensor } from "./tensors.ts";
import { GGML_TYPES, type GgmlType } from "./types.ts";

const PIECE_VALUES = 2 ** 20; // whole blocks of every type

/**
 * Decodes tensors one after another and hands their float32 bytes to `take`, in order and in pieces.
 *
 * A piece is the receiver's until its promise resolves; the next one is decoded meanwhile.
 *
 * @throws {Interrupted} between two pieces once `signal` is aborted
 */
export async function dequantiseInPieces(
  source: ByteSource,
  tensors: ReadonlyMap<string, GgufTensor>,
  take: (name: string, float32: Uint8Array) => Promise<void>,
  { signal, progress }: ScanOptions = {},
): Promise<void> {
  const totalBytes = [...tensors.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let doneBytes = 0;
  let taken = Promise.resolve();
  for (const [name, { type, offset, sizeBytes }] of tensors) {
    const { blockValues, blockBytes, dequantise }: GgmlType = GGML_TYPES[type];
    if (!dequantise) throw new Error(`internal: ${type} is not dequantised`);
    const pieceBytes = (PIECE_VALUES / blockValues) * blockBytes;
    for (let done = 0; done < sizeBytes; done += pieceBytes) {
      if (signal?.aborted) throw new Interrupted("interrupted while dequantising");
      const blocks = await source.read(offset + done, Math.min(pieceBytes, sizeBytes - done));
      const values = new Float32Array((blocks.length / blockBytes) * blockValues);
      dequantise(blocks, values);
      await taken;
      taken = take(name, new Uint8Array(values.buffer));
      taken.catch(() => undefined); // seen at the next await, and until then no unhandled rejection
      doneBytes += blocks.length;
      progress?.(doneBytes, totalBytes);
    }
  }
  await taken;
}
