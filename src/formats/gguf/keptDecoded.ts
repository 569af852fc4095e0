/**
 * @file Decoded weights in a cache file, so that the second load is as quick as safetensors. Node only.
 *
 * The file is safetensors (float32, the wanted names and order of rows) under the hash of the GGUF; beside it lies a record of its own
 * checksum and of how it looked when that was last right. (A CRC against damage; against those who can write to the
 * user's cache a hash would not help, and SHA-256 would take longer than all the rest.)
 */
import { randomUUID } from "node:crypto";
import {
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  writeFile,
  type FileHandle,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import type { Weights } from "../../base/bytes.ts";
import { AbortError, InputError } from "../../base/errors.ts";
import { isAbandoned } from "../abandoned.ts";
import type { Checkpoint } from "../checkpoint.ts";
import { fileSource, type FileSnapshot, type OpenFile } from "../file.ts";
import { cacheFolder } from "../firstSight.ts";
import { inChunks, type ScanOptions } from "../inChunks.ts";
import { readSafetensors } from "../safetensors.ts";
import { safetensorsLayout } from "../writeSafetensors.ts";
import { decodedFolder, readRecord, recordOf, type DecodedRecord } from "./decodedRecord.ts";
import type { GgufWeights } from "./ggufWeights.ts";

/** Where and under which key decoded weights are kept. */
export interface DecodedCache {
  /** SHA-256 of the GGUF file: what the cache file is named by. */
  readonly sha256: string;
  /** The file's name, for those who look through the cache. */
  readonly name: string;
  /** Folder of the cache; see `cacheFolder`. */
  readonly folder?: string;
  /** Is told why the cache could not be written; the weights are then decoded where they are read. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** The checkpoint with what is decoded in a file, which is made the first time and found again; `close` gives it back. */
export async function keptDecoded(
  checkpoint: GgufWeights,
  { sha256: key, name, folder = cacheFolder(), warn }: DecodedCache,
  options: ScanOptions = {},
): Promise<Checkpoint> {
  const { decoded } = checkpoint;
  if (decoded.size === 0) return checkpoint;
  const path = join(decodedFolder(folder), `${key}.${LAYOUT}.safetensors`);
  const cached = await findCache(path, decoded);
  if (cached) return withTensors(checkpoint, cached);
  try {
    await make(path, name, decoded, options);
  } catch (error) {
    if (error instanceof InputError || error instanceof AbortError) throw error;
    warn?.(`cannot keep decoded weights in ${dirname(path)}: ${String(error)}`);
    return checkpoint;
  }
  const cache = await findCache(path, decoded);
  if (!cache) throw new Error(`internal: ${path} is not what was just written`);
  return withTensors(checkpoint, cache);
}

interface CacheFile {
  readonly tensors: Weights;
  readonly close: () => Promise<void>;
}

function withTensors(checkpoint: Checkpoint, { tensors, close }: CacheFile): Checkpoint {
  const weights = [...checkpoint.weights].map(
    ([name, weight]) => [name, tensors.get(name) ?? weight] as const,
  );
  return { ...checkpoint, weights: new Map(weights), close };
}

/** Counts up whenever a tensor of the same name and shape would hold other numbers than before. */
const LAYOUT = 2;

/** The cache file, if it is there, whole, unchanged and has just these tensors. */
async function findCache(path: string, tensors: Weights): Promise<CacheFile | undefined> {
  let file: OpenFile | undefined;
  try {
    file = await fileSource(path);
    const { weights } = await readSafetensors(file);
    const same =
      weights.size === tensors.size &&
      [...tensors].every(([name, { shape }]) => {
        const weight = weights.get(name);
        return weight?.type === "F32" && weight.shape.join() === shape.join();
      });
    if (same && (await isAsWritten(path, file))) return { tensors: weights, close: file.close };
  } catch (error) {
    if (!(error instanceof InputError)) throw error; // missing or damaged: it is made anew
  }
  await file?.close();
  return undefined;
}

/** Whether the file looks as it did when its checksum was right, or else still has that checksum. */
async function isAsWritten(path: string, file: OpenFile): Promise<boolean> {
  const fileRecord = await readRecord(path);
  if (!fileRecord) return false;
  const { size, mtimeMs, ino } = file.snapshot;
  if (fileRecord.size === size && fileRecord.mtimeMs === mtimeMs && fileRecord.ino === ino)
    return true;
  if ((await checksum(file)) !== fileRecord.crc32) return false;
  await keepRecord(path, fileRecord, file.snapshot).catch(() => undefined); // only saves reading it all again
  return true;
}

async function checksum(file: OpenFile): Promise<number> {
  let crc = 0;
  await inChunks([{ source: file, offset: 0, sizeBytes: file.sizeBytes }], (bytes) => {
    crc = crc32(bytes, crc);
  });
  return crc;
}

function keepRecord(
  path: string,
  { name, crc32 }: Pick<DecodedRecord, "name" | "crc32">,
  { size, mtimeMs, ino }: FileSnapshot,
): Promise<void> {
  return replaceFile(recordOf(path), JSON.stringify({ name, crc32, size, mtimeMs, ino }));
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.partial`;
  await writeFile(temporary, text);
  await rename(temporary, path);
}

/** Writes under a temporary name, summing up what is written, and renames: nobody ever sees half of it. */
async function make(
  path: string,
  name: string,
  tensors: Weights,
  options: ScanOptions,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await removeAbandoned(dirname(path));
  const temporary = `${path}.${randomUUID()}.partial`;
  try {
    const handle = await open(temporary, "wx");
    const crc = await writeAll(handle, tensors, options).finally(() => handle.close());
    const { size, mtimeMs, ino } = await stat(temporary);
    const snapshot = { realPath: path, size, mtimeMs, ino };
    await keepRecord(path, { name, crc32: crc }, snapshot);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** @returns the CRC-32 of all that was written */
async function writeAll(
  handle: FileHandle,
  tensors: Weights,
  options: ScanOptions,
): Promise<number> {
  const plans = [...tensors].map(([name, { shape, sizeBytes }]) => {
    return { name, dtype: "F32", shape, sizeBytes };
  });
  const { header, offsets } = safetensorsLayout(plans);
  let crc = 0;
  const append = async (bytes: Uint8Array) => {
    const appending = handle.appendFile(bytes);
    crc = crc32(bytes, crc); // while the write is under way
    await appending;
  };
  await append(header);
  const inFileOrder = [...offsets.keys()].map((name) => tensors.get(name)!);
  await inChunks(inFileOrder, append, options);
  await handle.datasync();
  return crc;
}

/** Removes what a killed process left behind: it has not been written to for a day. */
async function removeAbandoned(folder: string): Promise<void> {
  const partial = (await readdir(folder)).filter((name) => name.endsWith(".partial"));
  for (const name of partial)
    if (await isAbandoned(join(folder, name))) await rm(join(folder, name), { force: true });
}
