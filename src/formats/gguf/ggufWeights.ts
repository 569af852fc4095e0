/**
 * @file Weights of a GGUF file for the engine: plain types stay where they lie, blocks that it multiplies are read when they are
 * needed, other quantised ones become float32.
 */
import {
  bytesInMemory,
  STORED_BYTES,
  type StoredTensor,
  type StoredType,
  type Weights,
} from "../../base/bytes.ts";
import type { ScanOptions } from "../inChunks.ts";
import type { Checkpoint } from "../checkpoint.ts";
import { blocksAsTheyLie } from "./blocksAsTheyLie.ts";
import { dequantiseInPieces } from "./dequantiseInPieces.ts";
import { GGML_TYPES } from "./types.ts";
import type { WantedTensor } from "./wantedTensor.ts";

/** Makes float32 tensors of coded ones: in memory, or in a cache file (`dequantisedInCache`). */
export type Dequantiser = (
  tensors: ReadonlyMap<string, WantedTensor>,
  options: ScanOptions,
) => Promise<DequantisedWeights>;

export interface DequantisedWeights {
  readonly tensors: Weights;
  /** Gives back a file that was opened for them. */
  readonly close?: () => Promise<void>;
}

/**
 * The wanted tensors, in their order.
 *
 * Those of types that files do not have (Q8_1, Q8_K) are under `unsupported`.
 *
 * @param dequantiser what becomes of tensors that are quantised, joined or changed; by default they are decoded into memory
 */
export async function ggufWeights(
  requests: ReadonlyMap<string, WantedTensor>,
  dequantiser: Dequantiser = dequantisedInMemory,
  options: ScanOptions = {},
): Promise<Checkpoint> {
  const plain = new Map<string, StoredTensor>();
  const coded = new Map<string, WantedTensor>();
  const unsupported = new Map<string, string>();
  for (const [name, tensor] of requests) {
    const where = asItLies(tensor) ?? blocksAsTheyLie(tensor);
    const unusable = tensor.runs.find(({ type }) => !isUsable(type));
    if (unusable) unsupported.set(name, unusable.type);
    else if (where) plain.set(name, where);
    else coded.set(name, tensor);
  }
  const none: DequantisedWeights = { tensors: new Map() };
  const decoded = coded.size > 0 ? await dequantiser(coded, options) : none;
  const weights = new Map<string, StoredTensor>();
  for (const name of requests.keys()) {
    const weight = plain.get(name) ?? decoded.tensors.get(name);
    if (weight) weights.set(name, weight);
  }
  const { close } = decoded;
  return { weights, unsupported, metadata: new Map(), ...(close && { close }) };
}

/** Float32 tensors in memory, each with bytes of its own. */
export const dequantisedInMemory: Dequantiser = async (tensors, options) => {
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
  await dequantiseInPieces(tensors, keep, options);
  const stored = [...tensors].map(([name, { shape, runs }]): [string, StoredTensor] => {
    const memory = bytesInMemory(`${runs[0]!.source.name}, ${name}`, bytes.get(name)!);
    return [name, { type: "F32", shape, source: memory, offset: 0, sizeBytes: memory.sizeBytes }];
  });
  return { tensors: new Map(stored) };
};

/** Where nothing is read: float32 tensors of the right sizes without bytes. */
export const undecoded: Dequantiser = (tensors) => {
  const stored = [...tensors].map(([name, tensor]): [string, StoredTensor] => {
    const sizeBytes = float32Bytes(tensor);
    const source = {
      name: `${tensor.runs[0]!.source.name}, ${name}`,
      sizeBytes,
      read: () => Promise.reject(new Error(`internal: ${name} was left undecoded`)),
    };
    return [name, { type: "F32", shape: tensor.shape, source, offset: 0, sizeBytes }];
  });
  return Promise.resolve({ tensors: new Map(stored) });
};

/** Size of a tensor once it is float32. */
export function float32Bytes({ shape }: WantedTensor): number {
  return shape.reduce((product, length) => product * length, STORED_BYTES.F32);
}

/** A tensor of one run of numbers that the engine can read in the file; else null. */
function asItLies({ shape, runs, change }: WantedTensor): StoredTensor | null {
  const [run, ...others] = runs;
  if (!run || others.length > 0 || change || !isStored(run.type)) return null;
  const { source, type, offset, sizeBytes } = run;
  return { type, shape, source, offset, sizeBytes };
}

function isUsable(type: keyof typeof GGML_TYPES): boolean {
  return isStored(type) || "dequantise" in GGML_TYPES[type];
}

function isStored(type: string): type is StoredType {
  return Object.hasOwn(STORED_BYTES, type);
}
