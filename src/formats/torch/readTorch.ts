/** @file Reads what torch.save wrote: a zip archive, or the older format of a few pickles and raw storages. */
import type { ByteSource } from "../../base/bytes.ts";
import { InputError } from "../../base/errors.ts";
import { readLegacyTorch, isLegacyTorch } from "./legacyTorch.ts";
import { MAX_PICKLE_BYTES, unpickle } from "./pickle.ts";
import type { PickleValue } from "./pickleValues.ts";
import { PLAIN_CALLABLES, torchPickle, type StorageId } from "./torchValues.ts";
import { zipEntries, type ZipEntry } from "./zip.ts";

/**
 * The value that was saved: dictionaries are maps, lists and tuples arrays, tensors `TorchTensor`s, located but not read.
 *
 * Contiguous tensors stay where they lie in the file; others are made contiguous in memory when they are first read.
 * What `weights_only=True` of torch reads is read, apart from sparse, quantised and complex tensors.
 *
 * @throws {InputError} "pickle" if the file names something that tensors do not need (nothing is ever run), or is
 *   damaged; "file" if it is not a torch file
 */
export async function readTorch(source: ByteSource): Promise<PickleValue> {
  const start = await source.read(0, Math.min(FIRST_BYTES, source.sizeBytes));
  if (isLegacyTorch(start)) return readLegacyTorch(source);
  const isZip = start[0] === "P".charCodeAt(0) && start[1] === "K".charCodeAt(0);
  if (!isZip)
    throw new InputError(
      "file",
      `${source.name} needs to be what torch.save writes, a zip archive or a pickle`,
    );
  const entries = await zipEntries(source);
  const folder = folderOf(source, entries);
  const read = (name: string) => readEntry(source, folder + name, entries.get(folder + name)!);
  const order = entries.has(`${folder}byteorder`) ? await read("byteorder") : LITTLE_ENDIAN;
  checkByteOrder(source, new TextDecoder().decode(order));
  const bytes = await read("data.pkl");
  const place = ({ key, sizeBytes }: StorageId) => {
    const name = `${folder}data/${key}`;
    const entry = entries.get(name);
    if (entry) checkPlain(source, name, entry);
    if (entry?.sizeBytes === sizeBytes) return entry.offset;
    const got = entry ? `got ${entry.sizeBytes}` : "but there is none";
    const storageName = JSON.stringify(key.slice(0, 80));
    throw new InputError(
      "pickle",
      `${source.name} needs ${sizeBytes} bytes in storage ${storageName}, ${got}`,
    );
  };
  return unpickle(bytes, torchPickle(source, place)).value;
}

/**
 * The value of a plain pickle, such as nanoGPT's `meta.pkl`: numbers, text, lists and dictionaries, no tensors.
 *
 * @throws {InputError} "pickle" if it names anything but OrderedDict, or is damaged
 */
export async function readPickle(source: ByteSource): Promise<PickleValue> {
  const bytes = await readWhole(source, 0, source.sizeBytes);
  return unpickle(bytes, { name: source.name, callables: PLAIN_CALLABLES }).value;
}

const FIRST_BYTES = 64;

/** Archives have one folder, named after the file: "name/data.pkl". */
function folderOf(source: ByteSource, entries: ReadonlyMap<string, ZipEntry>): string {
  const pickles = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  const folder = pickles[0]?.slice(0, -"data.pkl".length);
  if (pickles.length !== 1 || folder === undefined) {
    throw new InputError(
      "file",
      `${source.name} needs one data.pkl as torch.save writes it, got ${pickles.length}`,
    );
  }
  if (entries.has(`${folder}constants.pkl`)) {
    throw new InputError(
      "file",
      `${source.name} is a TorchScript program; its weights are needed alone (torch.save)`,
    );
  }
  return folder;
}

const LITTLE_ENDIAN = new TextEncoder().encode("little");

function checkByteOrder(source: ByteSource, order: string): void {
  if (order === "little") return;
  throw new InputError(
    "file",
    `${source.name} needs little-endian values, got ${JSON.stringify(order.slice(0, 20))}`,
  );
}

function checkPlain(source: ByteSource, name: string, { plain }: ZipEntry): void {
  if (plain) return;
  throw new InputError(
    "file",
    `${source.name} has ${name} compressed or encrypted, which torch.save does not do`,
  );
}

async function readEntry(source: ByteSource, name: string, entry: ZipEntry): Promise<Uint8Array> {
  checkPlain(source, name, entry);
  return readWhole(source, entry.offset, entry.sizeBytes);
}

function readWhole(source: ByteSource, offset: number, sizeBytes: number): Promise<Uint8Array> {
  if (sizeBytes <= MAX_PICKLE_BYTES) return source.read(offset, sizeBytes);
  throw new InputError(
    "file",
    `${source.name} needs a pickle of at most ${MAX_PICKLE_BYTES} bytes, got ${sizeBytes}`,
  );
}
