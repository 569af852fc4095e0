/** @file Reference data beside the repository. Tests that need it say so and are skipped by name where it is missing. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fileSource } from "../src/formats/file.ts";
import { readTensor } from "../src/formats/readTensor.ts";
import { readSafetensors } from "../src/formats/safetensors.ts";

const folder = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "shared");

/** The path of reference data, or null where it is missing. */
export function shared(...parts: readonly string[]): string | null {
  const path = join(folder, ...parts);
  return existsSync(path) ? path : null;
}

/** For `describe.skipIf` and titles: says why a test did not run. */
export function unlessShared(...parts: readonly string[]): {
  readonly skip: boolean;
  readonly note: string;
} {
  const skip = shared(...parts) === null;
  return { skip, note: skip ? ` (SKIPPED: ../shared/${parts.join("/")} is missing)` : "" };
}

export function sharedJson(...parts: readonly string[]): unknown {
  return JSON.parse(readFileSync(join(folder, ...parts), "utf8"));
}

/** All values of a safetensors file by name. */
export async function readAll(
  path: string,
): Promise<Map<string, { shape: readonly number[]; data: Float32Array }>> {
  const { weights } = await readSafetensors(await fileSource(path));
  const values = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const [name, stored] of weights)
    values.set(name, { shape: stored.shape, data: await readTensor(stored) });
  return values;
}
