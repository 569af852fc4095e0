/** @file The decoded weights that the cache keeps: a list, and a way to be rid of them. Node only. */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { chosenEntries } from "../chosenEntries.ts";
import { decodedFolder, readRecord, recordOf } from "./decodedRecord.ts";

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
  const chosen = chosenEntries(await decodedFiles(folder), target, {
    ...{ folder, what: "decoded weights", names: "the name of a GGUF" },
    nameOf: ({ name }) => name,
  });
  for (const { path } of chosen) {
    await rm(path, { force: true });
    await rm(recordOf(path), { force: true });
  }
  return chosen;
}

async function fileAt(folder: string, fileName: string): Promise<DecodedFile> {
  const path = join(folder, fileName);
  const { size, mtime } = await stat(path);
  const name = (await readRecord(path))?.name ?? null;
  return { id: fileName.slice(0, ID_DIGITS), path, name, sizeBytes: size, modified: mtime };
}
