/** @file Goldens as configuration and checkpoint, and checkpoints that are made in memory. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { tensor, type Tensor } from "../../src/base/tensor.ts";
import { bytesInMemory, type StoredTensor } from "../../src/base/bytes.ts";
import { parseConfig } from "../../src/models/config/configJson.ts";
import { slice } from "../../src/graph/edits/slice.ts";
import { fileSource } from "../../src/formats/file.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import type { Model } from "../../src/models/family.ts";
import type { CheckpointTensors } from "../../src/models/checkpointTensors.ts";

import { backends } from "../runtime/backends.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { shared } from "../shared.ts";

export type Config = Readonly<Record<string, unknown>>;

const FILES = ["config.json", "tokens.json", "model.safetensors", "expected.safetensors"];

/** Folders in `folder` that hold a decoder of tokens, what it reads and what it gives. */
export function decoderFolders(folder: string | null): string[] {
  if (!folder || !existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => FILES.every((name) => existsSync(join(path, name))));
}

/** Folders in `folder` that hold a model of any kind: decoders, encoders, both, and those that see or hear. */
export function modelFolders(folder: string | null): string[] {
  if (!folder || !existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) =>
      ["config.json", "model.safetensors"].every((name) => existsSync(join(path, name))),
    );
}

export interface ConfiguredCheckpoint {
  readonly config: Config;
  readonly checkpoint: CheckpointTensors;
}

export interface Golden extends ConfiguredCheckpoint {
  readonly tokens: readonly (readonly number[])[];
}

/** A golden of ../shared. */
export function golden(name: string): Promise<Golden> {
  return goldenAt(shared("goldens", name)!);
}

export async function goldenAt(path: string): Promise<Golden> {
  const { tokens } = jsonAt(path, "tokens.json") as { tokens: number[][] };
  return { ...(await configuredAt(path)), tokens };
}

/** Configuration and checkpoint alone. */
export async function configuredAt(path: string): Promise<ConfiguredCheckpoint> {
  const file = await fileSource(join(path, "model.safetensors"));
  const config = parseConfig(readFileSync(join(path, "config.json"), "utf8"), path);
  return { config, checkpoint: await readSafetensors(file) };
}

function jsonAt(path: string, name: string): unknown {
  return JSON.parse(readFileSync(join(path, name), "utf8"));
}

/** The same tensors under other names; those without one are left out. */
export function renamed(
  { weights, unsupported }: CheckpointTensors,
  to: (name: string) => string | null,
): CheckpointTensors {
  const entries = [...weights].flatMap(([name, stored]): [string, StoredTensor][] => {
    const other = to(name);
    return other === null ? [] : [[other, stored]];
  });
  return { weights: new Map(entries), unsupported };
}

export function withTensor(
  { weights, unsupported }: CheckpointTensors,
  name: string,
  stored: StoredTensor,
): CheckpointTensors {
  return { weights: new Map([...weights, [name, stored]]), unsupported };
}

/** A float32 tensor in memory. */
export function inMemory(shape: readonly number[], entry: (index: number) => number): StoredTensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const data = Float32Array.from({ length: count }, (_, index) => entry(index));
  const source = bytesInMemory("memory", new Uint8Array(data.buffer));
  return { type: "F32", shape, source, offset: 0, sizeBytes: data.byteLength };
}

/** Values of a model on one engine for rows of tokens. */
export async function valuesOf(
  model: Pick<Model, "program">,
  rows: readonly (readonly number[])[],
  outputs: readonly string[],
): Promise<ReadonlyMap<string, Tensor>> {
  const [engine] = await backends();
  const session = await prepare(slice(model.program, { outputs }), engine!);
  const ids = tensor(
    ["batch", "position"],
    [rows.length, rows[0]!.length],
    Int32Array.from(rows.flat()),
  );
  const trace = await session.run(new Map([["tokens", ids]]));
  await session.close();
  return trace;
}
