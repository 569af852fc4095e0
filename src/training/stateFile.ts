/** @file The state of a run as one safetensors file: its three vectors, and what belongs to them as metadata. */
import type { ByteSource } from "../base/bytes.ts";
import { InputError } from "../base/errors.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import { safetensorsBytes } from "../formats/writeSafetensors.ts";
import type { TrainingState } from "./train.ts";

const VECTORS = ["parameters", "mean", "square"] as const;

/** What computed the run so far, in words; another engine goes on with other roundings. */
export interface SavedState {
  readonly state: TrainingState;
  readonly engine: string;
}

export function stateFile({ state, engine }: SavedState): Uint8Array {
  const tensors = VECTORS.map((name) => ({ name, shape: [state[name].length], data: state[name] }));
  return safetensorsBytes(tensors, { step: String(state.step), layout: state.layout, engine });
}

/** @throws {InputError} "file" or "state" if it is not such a file */
export async function readState(source: ByteSource): Promise<SavedState> {
  const { weights, metadata } = await readSafetensors(source);
  const vector = async (name: string) => {
    const stored = weights.get(name);
    if (stored?.type !== "F32")
      throw new InputError("state", `${source.name} needs the float32 vector ${name}`);
    const bytes = await source.read(stored.offset, stored.sizeBytes);
    return new Float32Array(bytes.slice().buffer);
  };
  const [parameters, mean, square] = await Promise.all(VECTORS.map(vector));
  const state = {
    step: Number(metadata.get("step") ?? NaN),
    layout: metadata.get("layout") ?? "",
    parameters: parameters!,
    mean: mean!,
    square: square!,
  };
  return { state, engine: metadata.get("engine") ?? "" };
}
