/**
 * @file The format of torch before 1.6: pickles of a magic number, a version, the machine, the value and the keys of its
 * storages, then for each storage its number of values and the values. (torch/serialization.py, _legacy_save)
 */
import type { ByteSource } from "../../base/bytes.ts";
import { InputError } from "../../base/errors.ts";
import { someOf } from "../../base/someOf.ts";
import { MAX_PICKLE_BYTES, unpickle } from "./pickle.ts";
import { isArray, isMap, type PickleValue } from "./pickleValues.ts";
import { torchPickle, type StorageId } from "./torchValues.ts";

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;
const FIRST_READ_BYTES = 4 * 1024 * 1024;
const COUNT_BYTES = 8;

/** Whether a file begins with the pickle of the old format's magic number. */
export function isLegacyTorch(start: Uint8Array): boolean {
  try {
    return unpickle(start, { name: "" }).value === MAGIC;
  } catch {
    return false;
  }
}

/**
 * The value of a file in the old format; see `readTorch`.
 *
 * Where the storages lie is only known once the pickles have been read, so these are read twice.
 */
export async function readLegacyTorch(source: ByteSource): Promise<PickleValue> {
  const { bytes, start, storages, dataStart, keys } = await firstPass(source);
  const offsets = await storageOffsets(source, keys, storages, dataStart);
  return unpickle(
    bytes,
    torchPickle(source, ({ key }) => offsets.get(key)!),
    start,
  ).value;
}

interface FirstPass {
  readonly bytes: Uint8Array;
  /** Where the pickle of the value begins. */
  readonly start: number;
  readonly storages: ReadonlyMap<string, StorageId>;
  /** Keys of the storages in the order of the file. */
  readonly keys: readonly string[];
  readonly dataStart: number;
}

/** Reads more and more of the file until the pickles are whole: how long they are is not written anywhere. */
async function firstPass(source: ByteSource): Promise<FirstPass> {
  for (let size = FIRST_READ_BYTES; ; size *= 4) {
    const bytes = await source.read(0, Math.min(size, source.sizeBytes));
    try {
      return pickles(source, bytes);
    } catch (error) {
      const more =
        error instanceof InputError && error.code === "truncated" && size < source.sizeBytes;
      if (!more || size >= MAX_PICKLE_BYTES) throw error;
    }
  }
}

function pickles(source: ByteSource, bytes: Uint8Array): FirstPass {
  const plain = { name: source.name };
  const magic = unpickle(bytes, plain);
  const version = unpickle(bytes, plain, magic.end);
  if (version.value !== PROTOCOL)
    throw brokenFile(source, `needs torch's old format ${PROTOCOL}, got another`);
  const machine = unpickle(bytes, plain, version.end);
  const little = isMap(machine.value) ? machine.value.get("little_endian") : undefined;
  if (little !== true) throw brokenFile(source, "needs little-endian values");
  const storages = new Map<string, StorageId>();
  const note = (storage: StorageId) => {
    storages.set(storage.key, storage);
    return 0;
  };
  const value = unpickle(bytes, torchPickle(source, note), machine.end);
  const keys = unpickle(bytes, plain, value.end);
  const isKeyList =
    isArray(keys.value) && keys.value.every((key): key is string => typeof key === "string");
  if (!isKeyList) throw brokenFile(source, "needs a list of the keys of its storages");
  return { bytes, start: machine.end, storages, keys: keys.value as string[], dataStart: keys.end };
}

async function storageOffsets(
  source: ByteSource,
  keys: readonly string[],
  storages: ReadonlyMap<string, StorageId>,
  dataStart: number,
): Promise<Map<string, number>> {
  const offsets = new Map<string, number>();
  let at = dataStart;
  for (const key of keys) {
    const storage = storages.get(key);
    if (!storage || offsets.has(key))
      throw brokenFile(source, `lists storage ${JSON.stringify(key)}, which nothing uses`);
    const end = at + COUNT_BYTES + storage.sizeBytes;
    if (end > source.sizeBytes)
      throw brokenFile(source, `ends within storage ${key}: ${end} bytes are needed`);
    const count = await source.read(at, COUNT_BYTES);
    const values = new DataView(count.buffer, count.byteOffset, COUNT_BYTES).getBigInt64(0, true);
    if (values !== BigInt(storage.values)) {
      throw brokenFile(source, `needs ${storage.values} values in storage ${key}, got ${values}`);
    }
    offsets.set(key, at + COUNT_BYTES);
    at = end;
  }
  const missing = [...storages.keys()].filter((key) => !offsets.has(key));
  if (missing.length > 0)
    throw brokenFile(source, `has no values for storage ${someOf(missing, ", ", 5)}`);
  return offsets;
}

function brokenFile(source: ByteSource, message: string): InputError {
  return new InputError("pickle", `${source.name} ${message}`);
}
