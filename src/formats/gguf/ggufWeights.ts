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
import { dequantiseInPieces, type CodedTensor } from "./dequantiseInPieces.ts";
import type { Gguf } from "./readGguf.ts";
import type { GgufTensor } from "./tensors.ts";
import { GGML_TYPES } from "./types.ts";

/** Makes float32 tensors of coded ones: in memory, or in a cache file (`dequantisedInCache`). */
export type Dequantiser = (
  source: ByteSource,
  tensors: ReadonlyMap<string, CodedTensor>,
  options: ScanOptions,
) => Promise<Dequantised>;

export interface Dequantised {
  readonly tensors: Weights;
  /** Gives back a file that was opened for them. */
  readonly close?: () => Promise<void>;
}

export interface GgufWeightsOptions extends ScanOptions {
  /** Names of tensors whose rows llama.cpp keeps in rotary pairs, and how many heads they have; see `CodedTensor`. */
  readonly pairedHeads?: ReadonlyMap<string, number>;
}

/**
 * The tensors of a GGUF file under their names in it (`blk.0.attn_q.weight`), in the order of the file.
 *
 * Types that are neither plain nor dequantised here are under `unsupported`.
 *
 * @param dequantiser what becomes of quantised tensors, and of those whose rows are wanted in another order; by default
 *   they are decoded into memory
 */
export async function ggufWeights(
  source: ByteSource,
  { tensors }: Gguf,
  dequantiser: Dequantiser = dequantisedInMemory,
  { pairedHeads, ...options }: GgufWeightsOptions = {},
): Promise<Checkpoint> {
  const all = [...tensors];
  const coded = new Map(
    all.flatMap(([name, tensor]): [string, CodedTensor][] => {
      const heads = pairedHeads?.get(name);
      const isQuantised = "dequantise" in GGML_TYPES[tensor.type];
      if (!isQuantised && (heads === undefined || !isStored(tensor.type))) return [];
      return [[name, { ...tensor, ...(heads !== undefined && { pairedHeads: heads }) }]];
    }),
  );
  const none: Dequantised = { tensors: new Map() };
  const decoded = coded.size > 0 ? await dequantiser(source, coded, options) : none;
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
