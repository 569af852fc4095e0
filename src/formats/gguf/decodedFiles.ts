/** @file The decoded weights that the cache keeps: a list, and a way to be rid of them. Node only. */
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { cacheFolder } from "../firstSight.ts";

/** Decoded weights of one GGUF. */
export interface DecodedFile {
  /** The first digits of the GGUF's SHA-256. */
  readonly id: string;
  readonly path: string;
  /** The GGUF's name when they were made; null where their record does not say it. */
  readonly name: string | null;
  readonly sizeBytes: number;
  readonly modified: Date;
}

const SUFFIX = ".safetensors";
const ID_DIGITS = 12;
const LEAST_DIGITS = 4;

/** Where decoded weights lie. */
export function decodedFolder(folder: string = cacheFolder()): string {
  return join(folder, "decoded");
}

/** All decoded weights, the youngest first. A folder that does not exist has none. */
export async function decodedFiles(folder: string = decodedFolder()): Promise<DecodedFile[]> {
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => name.endsWith(SUFFIX)).map((name) => fileAt(folder, name));
  return (await Promise.all(files)).toSorted(
    (file, other) => other.modified.getTime() - file.modified.getTime(),
  );
}

/**
 * Removes decoded weights; the next load with `cache` makes them again.
 *
 * @param target the first digits of an id, the name of a GGUF, or `all`
 * @returns what was removed
 * @throws {InputError} "cache" if there is no such file
 */
export async function removeDecoded(
  target: string,
  folder: string = decodedFolder(),
): Promise<DecodedFile[]> {
  const all = await decodedFiles(folder);
  const hasDigits = (id: string) => target.length >= LEAST_DIGITS && id.startsWith(target);
  const chosen = all.filter(({ id, name }) => target === "all" || name === target || hasDigits(id));
  if (chosen.length === 0 && target !== "all") {
    const ids = all.map(({ id }) => id).join(", ") || "nothing";
    throw new InputError(
      "cache",
      `${folder} has no decoded weights ${target}; give an id, the name of a GGUF or all; it has ${ids}`,
    );
  }
  for (const { path } of chosen) {
    await rm(path, { force: true });
    await rm(recordOf(path), { force: true });
  }
  return chosen;
}

/** Beside the weights: their checksum and the name of what they were made from. */
export const recordOf = (path: string): string => `${path}.json`;

async function fileAt(folder: string, fileName: string): Promise<DecodedFile> {
  const path = join(folder, fileName);
  const { size, mtime } = await stat(path);
  const name = await readFile(recordOf(path), "utf8").then(nameIn, () => null);
  return { id: fileName.slice(0, ID_DIGITS), path, name, sizeBytes: size, modified: mtime };
}

const withName = z.object({ name: z.string() });

function nameIn(text: string): string | null {
  try {
    return withName.parse(JSON.parse(text)).name;
  } catch {
    return null;
  }
}
