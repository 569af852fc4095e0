/** @file A configuration with weights in memory, as a model that was opened. */
import type { Weights } from "../base/bytes.ts";
import { modelFrom } from "./families.ts";
import { modelInMemory } from "./inMemory.ts";
import type { LoadedModel } from "./loadedModel.ts";

export interface CheckpointInMemory {
  /** As in config.json, or `format: "transformer_lens"` with TransformerLens' keys. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: Weights;
}

/**
 * @param about its name, and the hash of its weights; left out: 64 zeros
 * @throws {InputError} "config" or "weights" if they cannot be used
 */
export function checkpointInMemory(
  { config, weights }: CheckpointInMemory,
  about: { readonly id: string; readonly sha256?: string | undefined },
): LoadedModel {
  return modelInMemory(modelFrom(config, { weights, unsupported: new Map() }), about);
}
