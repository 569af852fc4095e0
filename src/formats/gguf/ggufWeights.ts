/**
 * @file Weights of a GGUF file for the engine: plain types stay where they lie, blocks that it multiplies are read when they are
 * needed, other quantised ones become float32 when they are read.
 */
import {
  STORED_BYTES,
  type StoredTensor,
  type StoredType,
  type Weights,
} from "../../base/bytes.ts";
import type { Checkpoint } from "../checkpoint.ts";
import { blocksAsTheyLie } from "./blocksAsTheyLie.ts";
import { decodeBlocks, type Decoder } from "./decodeBlocks.ts";
import { decodedOnRead } from "./decodedOnRead.ts";
import { GGML_TYPES } from "./types.ts";
import type { WantedTensor } from "./wantedTensor.ts";

export interface GgufWeights extends Checkpoint {
  /** Those of `weights` that are decoded whenever they are read. */
  readonly decoded: Weights;
}

/**
 * The wanted tensors, in their order. Nothing is read yet.
 *
 * Those of types that files do not have (Q8_1, Q8_K) are under `unsupported`.
 *
 * @param decoder makes float32 of tensors that are quantised, joined or changed; left out: in this thread
 */
export function ggufWeights(
  requests: ReadonlyMap<string, WantedTensor>,
  decoder: Decoder = decodeBlocks,
): GgufWeights {
  const weights = new Map<string, StoredTensor>();
  const decoded = new Map<string, StoredTensor>();
  const unsupported = new Map<string, string>();
  for (const [name, tensor] of requests) {
    const unusable = tensor.runs.find(({ type }) => !isUsable(type));
    if (unusable) {
      unsupported.set(name, unusable.type);
      continue;
    }
    const where = asItLies(tensor) ?? blocksAsTheyLie(tensor, decoder);
    if (!where) decoded.set(name, decodedOnRead(tensor, decoder));
    weights.set(name, where ?? decoded.get(name)!);
  }
  return { weights, decoded, unsupported, metadata: new Map() };
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
