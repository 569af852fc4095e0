/** @file Reads what torch.save wrote: a zip archive, or the older format of a few pickles and raw storages. */
import type { ByteSource } from "../../base/bytes.ts";
import { InputError } from "../../base/errors.ts";
import { readLegacyTorch, isLegacyTorch } from "./legacyTorch.ts";
import { unpickle } from "./pickle.ts";
import type { PickleValue } from "./pickleValues.ts";
import { PLAIN_CALLABLES, torchPickle } from "./torchValues.ts";
import { zipEntries, type ZipEntry } from "./zip.ts";

/**
 * The value that was saved: dictionaries are maps, lists and tuples arrays, tensors `TorchTensor`s, located but not read.
 *
 * Contiguous tensors stay where they lie in the file; others are made contiguous in memory when they are first read.
 * What `weights_only=True` of torch reads is read, apart from sparse, quantised and complex tensors.
 *
 * @throws {InputError} "pickle" if the file names something that tensors do not need (nothing is ever run), or is
 *   damaged; "file" if it is no torch file
 */
export async function readTorch(source: ByteSource): Promise<PickleValue> {
  const start = await source.read(0, Math.min(FIRST_BYTES, source.sizeBytes));
  if (isLegacyTorch(start)) return readLegacyTorch(source);
  const isZip = start[0] === "P".charCodeAt(0) && start[1] === "K".charCodeAt(0);
  if (!isZip) throw new InputError("file", `${source.name} needs to be what torch.save writes, a zip archive or a pickle`);
  const entries = await zipEntries(source);
  const folder = folderOf(source, entries);
  await checkByteOrder(source, entries.get(`${folder}byteorder`));
  const bytes = await readEntry(source, entries.get(`${folder}data.pkl`)!);
  const place = (storage: { key: string; sizeBytes: number }) => {
    const entry = entries.get(`${folder}data/${storage.key}`);
    if (entry?.sizeBytes === storage.sizeBytes) return entry.offset;
    const key = JSON.stringify(storage.key.slice(0, 80));
    const got = entry ? `got ${entry.sizeBytes}` : "but there is none";
    throw new InputError("pickle", `${source.name} needs ${storage.sizeBytes} bytes in storage ${key}, ${got}`);
  };
  return unpickle(bytes, torchPickle(source, place)).value;
}

/**
 * The value of a plain pickle, such as nanoGPT's `meta.pkl`: numbers, text, lists and dictionaries, no tensors.
 *
 * @throws {InputError} "pickle" if it names anything but OrderedDict, or is damaged
 */
export async function readPickle(source: ByteSource): Promise<PickleValue> {
  const bytes = await source.read(0, source.sizeBytes);
  return unpickle(bytes, { name: source.name, callables: PLAIN_CALLABLES }).value;
}

const FIRST_BYTES = 64;

/** Archives have one folder, named after the file: "name/data.pkl". */
function folderOf(source: ByteSource, entries: ReadonlyMap<string, ZipEntry>): string {
  const pickles = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  const folder = pickles[0]?.slice(0, -"data.pkl".length);
  if (pickles.length !== 1 || folder === undefined) {
    throw new InputError("file", `${source.name} needs one data.pkl as torch.save writes it, got ${pickles.length}`);
  }
  if (entries.has(`${folder}constants.pkl`)) {
    throw new InputError("file", `${source.name} is a TorchScript program; its weights are needed alone (torch.save)`);
  }
  return folder;
}

async function checkByteOrder(source: ByteSource, entry: ZipEntry | undefined): Promise<void> {
  const order = entry ? new TextDecoder().decode(await readEntry(source, entry)) : "little";
  if (order === "little") return;
  throw new InputError("file", `${source.name} needs little-endian values, got ${JSON.stringify(order.slice(0, 20))}`);
}

function readEntry(source: ByteSource, { offset, sizeBytes }: ZipEntry): Promise<Uint8Array> {
  return source.read(offset, sizeBytes);
}
