/** @file Weights of a GGUF file for the engine: plain types stay where they lie, quantised ones become float32. */
import {
  bytesInMemory,
  STORED_BYTES,
  type ByteSource,
  type StoredTensor,
  type StoredType,
  type Weights,
} from "../../base/bytes.ts";
import type { ScanOptions } from "../inChunks.ts";
import type { Checkpoint } from "../checkpoint.ts";
import { dequantiseInPieces } from "./dequantiseInPieces.ts";
import type { Gguf } from "./readGguf.ts";
import type { GgufTensor } from "./tensors.ts";
import { GGML_TYPES } from "./types.ts";

/** Makes float32 tensors of quantised ones: in memory, or in a cache file (`dequantisedInCache`). */
export type Dequantiser = (
  source: ByteSource,
  tensors: ReadonlyMap<string, GgufTensor>,
  options: ScanOptions,
) => Promise<Dequantised>;

export interface Dequantised {
  readonly tensors: Weights;
  /** Gives back a file that was opened for them. */
  readonly close?: () => Promise<void>;
}

/**
 * The tensors of a GGUF file under their names in it (`blk.0.attn_q.weight`), in the order of the file.
 *
 * Rows of query and key weights of llama files are permuted by llama.cpp; undoing that is the business of whoever knows
 * the architecture. Types that are neither plain nor dequantised here are under `unsupported`.
 *
 * @param dequantiser what becomes of quantised tensors; by default they are decoded into memory
 */
export async function ggufWeights(
  source: ByteSource,
  { tensors }: Gguf,
  dequantiser: Dequantiser = dequantisedInMemory,
  options: ScanOptions = {},
): Promise<Checkpoint> {
  const all = [...tensors];
  const quantised = new Map(all.filter(([, { type }]) => "dequantise" in GGML_TYPES[type]));
  const none: Dequantised = { tensors: new Map() };
  const decoded = quantised.size > 0 ? await dequantiser(source, quantised, options) : none;
  const weights = new Map<string, StoredTensor>();
  const unsupported = new Map<string, string>();
  for (const [name, tensor] of all) {
    const { type, ...place } = tensor;
    const float32 = decoded.tensors.get(name);
    if (float32) weights.set(name, float32);
    else if (isStored(type)) weights.set(name, { type, ...place, source });
    else unsupported.set(name, type);
  }
  const { close } = decoded;
  return { weights, unsupported, metadata: new Map(), ...(close && { close }) };
}

/** Float32 tensors in memory, each with bytes of its own. */
export const dequantisedInMemory: Dequantiser = async (source, tensors, options) => {
  const bytes = new Map(
    [...tensors].map(([name, tensor]) => [name, new Uint8Array(float32Bytes(tensor))]),
  );
  const filled = new Map<string, number>();
  const keep = (name: string, piece: Uint8Array) => {
    const at = filled.get(name) ?? 0;
    bytes.get(name)!.set(piece, at);
    filled.set(name, at + piece.length);
    return Promise.resolve();
  };
  await dequantiseInPieces(source, tensors, keep, options);
  const stored = [...tensors].map(([name, { shape }]): [string, StoredTensor] => {
    const memory = bytesInMemory(`${source.name}, ${name}`, bytes.get(name)!);
    return [name, { type: "F32", shape, source: memory, offset: 0, sizeBytes: memory.sizeBytes }];
  });
  return { tensors: new Map(stored) };
};

/** Size of a tensor once it is float32. */
export function float32Bytes({ shape }: GgufTensor): number {
  return shape.reduce((product, length) => product * length, STORED_BYTES.F32);
}

function isStored(type: string): type is StoredType {
  return Object.hasOwn(STORED_BYTES, type);
}
