import { throwIfAborted } from "../../base/errors.ts";
import type { ScanOptions } from "../inChunks.ts";
import { fromBfloat16, fromFloat16, words } from "../readTensor.ts";
import { GGML_TYPES, type GgmlType, type GgmlTypeName } from "./types.ts";
import { valuesOf, type BlockRun, type WantedTensor } from "./wantedTensor.ts";

const PIECE_VALUES = 2 ** 20; // whole blocks of every type

/**
 * Decodes tensors one after another and hands their float32 bytes to `take`, in order and in pieces.
 *
 * A piece is the receiver's until its promise resolves; the next one is decoded meanwhile.
 *
 * @throws {AbortError} between two pieces once `signal` is aborted
 */
export async function dequantiseInPieces(
  tensors: ReadonlyMap<string, WantedTensor>,
  take: (name: string, float32: Uint8Array) => Promise<void>,
  { signal, progress }: ScanOptions = {},
): Promise<void> {
  const totalBytes = [...tensors.values()].reduce((sum, tensor) => sum + codedBytes(tensor), 0);
  let doneBytes = 0;
  let pending = Promise.resolve();
  for (const [name, tensor] of tensors) {
    const change = tensor.change?.of ?? ((values: Float32Array) => values);
    for (const runs of piecesOf(tensor)) {
      throwIfAborted(signal);
      const values = change(await decodeRuns(runs));
      await pending;
      pending = take(name, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      pending.catch(() => undefined); // seen at the next await, and until then no unhandled rejection
      doneBytes += runs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      progress?.(doneBytes, totalBytes);
    }
  }
  await pending;
}

function codedBytes({ runs }: WantedTensor): number {
  return runs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** Runs that are decoded together: those that are changed together, or a piece of one. */
function* piecesOf({ runs, change }: WantedTensor): Generator<readonly BlockRun[]> {
  if (change) {
    for (let at = 0; at < runs.length; at += change.runs) yield runs.slice(at, at + change.runs);
    return;
  }
  for (const run of runs) {
    const { blockValues, blockBytes } = GGML_TYPES[run.type];
    const pieceBytes = (PIECE_VALUES / blockValues) * blockBytes;
    for (let done = 0; done < run.sizeBytes; done += pieceBytes) {
      const sizeBytes = Math.min(pieceBytes, run.sizeBytes - done);
      yield [{ ...run, offset: run.offset + done, sizeBytes }];
    }
  }
}

async function decodeRuns(runs: readonly BlockRun[]): Promise<Float32Array> {
  const [only, ...others] = runs;
  if (only && others.length === 0) return decodedRun(only);
  const values = new Float32Array(runs.reduce((sum, run) => sum + valuesOf(run), 0));
  let at = 0;
  for (const run of runs) {
    values.set(await decodedRun(run), at);
    at += valuesOf(run);
  }
  return values;
}

async function decodedRun(run: BlockRun): Promise<Float32Array> {
  const { source, type, offset, sizeBytes } = run;
  const blocks = await source.read(offset, sizeBytes);
  const plain = PLAIN[type];
  if (plain) return plain(blocks);
  const { dequantise }: GgmlType = GGML_TYPES[type];
  if (!dequantise) throw new Error(`internal: ${type} is not dequantised`);
  const values = new Float32Array(valuesOf(run));
  dequantise(blocks, values);
  return values;
}

/** Types that are decoded only where their values are wanted changed. */
const PLAIN: Partial<Record<GgmlTypeName, (bytes: Uint8Array) => Float32Array>> = {
  F32: (bytes) => words(Float32Array, bytes),
  F16: (bytes) => fromFloat16(words(Uint16Array, bytes)),
  BF16: (bytes) => fromBfloat16(words(Uint16Array, bytes)),
};
