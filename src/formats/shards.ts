/** @file Checkpoints cut into several files, with an index that says which tensor is in which. */
import type { ByteSource, StoredTensor } from "../base/bytes.ts";
import { InputError } from "../base/errors.ts";
import { someOf } from "../base/someOf.ts";
import { isObject } from "../base/isObject.ts";
import type { Checkpoint, PackedTensor } from "./checkpoint.ts";
import { strictJson } from "./strictJson.ts";

/** How the files of a sharded checkpoint are opened and read. */
export interface ShardReader {
  /** Opens a file that lies beside the index; throws an InputError if it is not there. */
  readonly open: (fileName: string) => Promise<ByteSource>;
  /** Reads one file, such as `readSafetensors`. */
  readonly read: (source: ByteSource) => Promise<Checkpoint>;
}

/**
 * All tensors of a checkpoint whose files an index lists (`model.safetensors.index.json`, `weight_map`: tensor -> file).
 *
 * A file may hold tensors that the index does not list: they are left out. `metadata` is that of the files together.
 *
 * @throws {InputError} "file" if the index is not one, a file name leaves the folder, or files or tensors are missing:
 *   all of them are listed
 */
export async function readShards(
  index: ByteSource,
  { open, read }: ShardReader,
): Promise<Checkpoint> {
  const tensorsByFile = groupedByFile(await weightMap(index));
  const weights = new Map<string, StoredTensor>();
  const unsupported = new Map<string, string>();
  const packed = new Map<string, PackedTensor>();
  const metadata = new Map<string, string>();
  const faults: string[] = [];
  const missing: [name: string, fileName: string][] = [];
  const filesByTensor = new Map<string, string>();
  for (const [fileName, names] of tensorsByFile) {
    const shard = await readOne(open(fileName).then(read), faults);
    if (!shard) continue;
    for (const name of [...shard.weights.keys(), ...shard.unsupported.keys()])
      filesByTensor.set(name, fileName);
    for (const [key, text] of shard.metadata) metadata.set(key, text);
    for (const name of names) {
      const tensor = shard.weights.get(name);
      const type = shard.unsupported.get(name);
      const place = shard.packed?.get(name);
      if (place) packed.set(name, place);
      if (tensor) weights.set(name, tensor);
      else if (type) unsupported.set(name, type);
      else missing.push([name, fileName]);
    }
  }
  for (const [name, fileName] of missing) faults.push(inOtherFile(name, fileName, filesByTensor));
  if (faults.length > 0)
    throw brokenFile(index, `does not agree with its files: ${someOf(faults, "; ")}`);
  return { weights, unsupported, packed, metadata };
}

function inOtherFile(
  name: string,
  fileName: string,
  filesByTensor: ReadonlyMap<string, string>,
): string {
  const other = filesByTensor.get(name);
  const where = other ? `: it is in ${other}, so files were swapped or the index is another's` : "";
  return `tensor ${JSON.stringify(name)} is not in ${fileName}${where}`;
}

/** The names of the files that an index lists, in the order of their first use. */
export async function shardNames(index: ByteSource): Promise<string[]> {
  return [...groupedByFile(await weightMap(index)).keys()];
}

function groupedByFile(pairs: readonly [name: string, fileName: string][]): Map<string, string[]> {
  const namesByFile = new Map<string, string[]>();
  for (const [name, fileName] of pairs) {
    const names = namesByFile.get(fileName);
    if (names) names.push(name);
    else namesByFile.set(fileName, [name]);
  }
  return namesByFile;
}

const MAX_INDEX_BYTES = 100_000_000;

async function weightMap(index: ByteSource): Promise<[name: string, fileName: string][]> {
  if (index.sizeBytes > MAX_INDEX_BYTES) {
    throw brokenFile(index, `must be at most ${MAX_INDEX_BYTES} bytes, got ${index.sizeBytes}`);
  }
  const map = ((await parseIndex(index)) as { weight_map?: unknown } | null)?.weight_map;
  if (!isObject(map)) {
    throw brokenFile(index, "needs weight_map, an object of file names by tensor name");
  }
  const pairs = Object.entries(map as Record<string, unknown>);
  const faults = pairs.filter(([, fileName]) => !isPlainName(fileName));
  if (pairs.length === 0)
    throw brokenFile(index, "needs a weight_map with tensors, got an empty one");
  if (faults.length > 0) {
    const names = faults.map(([name, fileName]) => `${JSON.stringify(fileName)} for ${name}`);
    throw brokenFile(index, `needs names of files in its own folder, got ${someOf(names, "; ")}`);
  }
  return pairs as [string, string][];
}

async function parseIndex(index: ByteSource): Promise<unknown> {
  try {
    const bytes = await index.read(0, index.sizeBytes);
    return strictJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw brokenFile(index, `needs to be strict JSON: ${String(error)}`, error);
  }
}

/** A name in the same folder: no path, nothing that a file system could take for one. */
function isPlainName(fileName: unknown): boolean {
  return (
    typeof fileName === "string" &&
    /^[^/\\:\p{Cc}]{1,255}$/u.test(fileName) &&
    fileName !== "." &&
    fileName !== ".."
  );
}

async function readOne(
  shard: Promise<Checkpoint>,
  faults: string[],
): Promise<Checkpoint | undefined> {
  try {
    return await shard;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    faults.push(error.message);
    return undefined;
  }
}

function brokenFile(source: ByteSource, message: string, cause?: unknown): InputError {
  return new InputError("file", `${source.name} ${message}`, { cause });
}
