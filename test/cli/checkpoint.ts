/** @file Planted models as checkpoint folders, whole or broken on purpose. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readTensor } from "../../src/formats/readTensor.ts";
import { safetensorsBytes, type TensorToWrite } from "../../src/formats/writeSafetensors.ts";
import {
  plantedCheckpoint,
  type CircuitSizes,
  type PlantedHead,
} from "../../src/models/planted/circuit.ts";

export const SMALL: CircuitSizes = {
  vocabulary: 40,
  contextLength: 64,
  width: 8,
  heads: 2,
  layers: 2,
  seed: 1,
};

/** Takes seconds to score with thousands of examples. */
export const MIDDLE: CircuitSizes = { ...SMALL, vocabulary: 400, width: 64, heads: 8 };

/** More than 64 MB, so that engines map it. */
export const LARGE: CircuitSizes = { ...SMALL, vocabulary: 400, width: 160, heads: 8, layers: 3 };

interface Changes {
  readonly sizes?: CircuitSizes;
  readonly planted?: readonly PlantedHead[];
  readonly config?: (config: Record<string, unknown>) => Record<string, unknown>;
  readonly tensor?: (tensor: TensorToWrite) => TensorToWrite;
  readonly bytes?: (bytes: Uint8Array) => Uint8Array;
}

/** Writes config.json and model.safetensors to `folder`/`name`. */
export async function writeCheckpoint(folder: string, name: string, changes: Changes = {}) {
  const { sizes = SMALL, planted = [], config = same, tensor = same, bytes = same } = changes;
  const checkpoint = plantedCheckpoint(sizes, planted);
  const tensors: TensorToWrite[] = [];
  for (const [key, stored] of checkpoint.weights)
    tensors.push(tensor({ name: key, shape: stored.shape, data: await readTensor(stored) }));
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "config.json"), JSON.stringify(config({ ...checkpoint.config })));
  writeFileSync(join(path, "model.safetensors"), bytes(safetensorsBytes(tensors)));
}

function same<Value>(value: Value): Value {
  return value;
}

/** A safetensors file with its header's text changed; the data stay. */
export function withHeader(bytes: Uint8Array, change: (text: string) => string): Uint8Array {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = new TextEncoder().encode(
    change(new TextDecoder().decode(bytes.subarray(8, 8 + length))),
  );
  const file = new Uint8Array(8 + header.length + bytes.length - 8 - length);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  file.set(bytes.subarray(8 + length), 8 + header.length);
  return file;
}
