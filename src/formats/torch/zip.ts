/**
 * @file Finds the stored (not compressed) files of a zip archive without reading them. Own code and not a library
 * because weights are used where they lie: all that is needed is an offset, with every bound checked.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
import type { ByteSource } from "../../base/bytes.ts";
import { InputError } from "../../base/errors.ts";

/** Where the bytes of an archived file lie in the archive. */
export interface ZipEntry {
  readonly offset: number;
  readonly sizeBytes: number;
  /** Whether the bytes are the file's own: neither compressed nor encrypted. */
  readonly plain: boolean;
}

/**
 * The files in a zip archive by name. Archives above 4 GB (zip64) are read.
 *
 * @throws {InputError} "file" if it is not a zip archive, is damaged, or its files overlap
 */
export async function zipEntries(source: ByteSource): Promise<ReadonlyMap<string, ZipEntry>> {
  const directory = await findDirectory(source);
  const bytes = await source.read(directory.offset, directory.sizeBytes);
  const headers = directoryHeaders(source, bytes, directory);
  const entries = new Map<string, ZipEntry>();
  for (const { name, headerAt, sizeBytes, plain } of headers) {
    const offset = await dataStart(source, name, headerAt);
    if (offset + sizeBytes > directory.offset)
      throw brokenFile(source, `has ${quoteName(name)} outside its data`);
    if (entries.has(name)) throw brokenFile(source, `has ${quoteName(name)} twice`);
    entries.set(name, { offset, sizeBytes, plain });
  }
  checkApart(source, entries);
  return entries;
}

interface Directory {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly count: number;
}

/** A file as the central directory lists it; `headerAt` is where its own header begins. */
interface DirectoryHeader {
  readonly name: string;
  readonly headerAt: number;
  /** As it lies in the archive. */
  readonly sizeBytes: number;
  readonly plain: boolean;
}

const END = { signature: 0x06054b50, bytes: 22 } as const;
const END_64 = { signature: 0x06064b50, bytes: 56 } as const;
const LOCATOR_64 = { signature: 0x07064b50, bytes: 20 } as const;
const HEADER = { signature: 0x02014b50, bytes: 46 } as const;
const LOCAL = { signature: 0x04034b50, bytes: 30 } as const;
const MAX_COMMENT_BYTES = 65_535;
const IN_ZIP64_16 = 0xffff;
const IN_ZIP64_32 = 0xffffffff;

async function findDirectory(source: ByteSource): Promise<Directory> {
  const tailBytes = Math.min(source.sizeBytes, END.bytes + MAX_COMMENT_BYTES);
  const tailAt = source.sizeBytes - tailBytes;
  const tail = viewOf(await source.read(tailAt, tailBytes));
  for (let at = tailBytes - END.bytes; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END.signature) continue;
    if (at + END.bytes + tail.getUint16(at + 20, true) !== tailBytes) continue;
    const count = tail.getUint16(at + 10, true);
    const sizeBytes = tail.getUint32(at + 12, true);
    const offset = tail.getUint32(at + 16, true);
    const small = count !== IN_ZIP64_16 && sizeBytes !== IN_ZIP64_32 && offset !== IN_ZIP64_32;
    const directory = small ? { count, sizeBytes, offset } : await directory64(source, tailAt + at);
    if (directory.offset + directory.sizeBytes > source.sizeBytes) break;
    if (directory.count * HEADER.bytes > directory.sizeBytes) break;
    return directory;
  }
  throw brokenFile(
    source,
    "needs to be a whole zip archive, but its directory was not found: is it truncated?",
  );
}

async function directory64(source: ByteSource, endAt: number): Promise<Directory> {
  const fault = brokenFile(source, "says it is a zip64 archive, but has no directory of one");
  if (endAt < LOCATOR_64.bytes) throw fault;
  const locator = viewOf(await source.read(endAt - LOCATOR_64.bytes, LOCATOR_64.bytes));
  const at = numberAt(source, locator, 8);
  if (locator.getUint32(0, true) !== LOCATOR_64.signature || at + END_64.bytes > source.sizeBytes)
    throw fault;
  const end = viewOf(await source.read(at, END_64.bytes));
  if (end.getUint32(0, true) !== END_64.signature) throw fault;
  const [count, sizeBytes, offset] = [32, 40, 48].map((place) => numberAt(source, end, place));
  return { count: count!, sizeBytes: sizeBytes!, offset: offset! };
}

function directoryHeaders(
  source: ByteSource,
  bytes: Uint8Array,
  { count }: Directory,
): DirectoryHeader[] {
  const view = viewOf(bytes);
  const headers: DirectoryHeader[] = [];
  for (let at = 0; headers.length < count;) {
    const fits = at + HEADER.bytes <= bytes.length && view.getUint32(at, true) === HEADER.signature;
    if (!fits) throw brokenFile(source, `has a damaged zip directory at entry ${headers.length}`);
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((place) =>
      view.getUint16(at + place, true),
    );
    const nameAt = at + HEADER.bytes;
    const extraAt = nameAt + nameBytes!;
    const next = extraAt + extraBytes! + commentBytes!;
    if (next > bytes.length)
      throw brokenFile(source, `has a damaged zip directory at entry ${headers.length}`);
    const name = new TextDecoder().decode(bytes.subarray(nameAt, extraAt));
    const extra = viewOf(bytes.subarray(extraAt, extraAt + extraBytes!));
    headers.push(
      directoryHeader(
        source,
        name,
        new DataView(view.buffer, view.byteOffset + at, HEADER.bytes),
        extra,
      ),
    );
    at = next;
  }
  return headers;
}

function directoryHeader(
  source: ByteSource,
  name: string,
  header: DataView,
  extra: DataView,
): DirectoryHeader {
  const wide = wideValues(source, extra);
  const value = (at: number) => {
    const short = header.getUint32(at, true);
    return short === IN_ZIP64_32 ? (wide.shift() ?? short) : short;
  };
  const unpackedBytes = value(24); // in this order in zip64: size, size in the archive, place
  const sizeBytes = value(20);
  const encrypted = (header.getUint16(8, true) & 1) === 1;
  const plain = !encrypted && header.getUint16(10, true) === 0;
  if (plain && sizeBytes !== unpackedBytes)
    throw brokenFile(source, `has ${quoteName(name)} with two sizes`);
  return { name, sizeBytes, headerAt: value(42), plain };
}

/** The 64-bit values of the zip64 extra field, if there is one. */
function wideValues(source: ByteSource, extra: DataView): number[] {
  for (let at = 0; at + 4 <= extra.byteLength;) {
    const size = extra.getUint16(at + 2, true);
    if (extra.getUint16(at, true) === 1 && at + 4 + size <= extra.byteLength) {
      return Array.from({ length: Math.floor(size / 8) }, (_, index) =>
        numberAt(source, extra, at + 4 + index * 8),
      );
    }
    at += 4 + size;
  }
  return [];
}

/** The local header repeats name and extra field, of its own length: the data come after it. */
async function dataStart(source: ByteSource, name: string, headerAt: number): Promise<number> {
  if (headerAt + LOCAL.bytes > source.sizeBytes)
    throw brokenFile(source, `has ${quoteName(name)} outside the file`);
  const header = viewOf(await source.read(headerAt, LOCAL.bytes));
  if (header.getUint32(0, true) !== LOCAL.signature)
    throw brokenFile(source, `has no file header for ${quoteName(name)}`);
  return headerAt + LOCAL.bytes + header.getUint16(26, true) + header.getUint16(28, true);
}

function checkApart(source: ByteSource, entries: ReadonlyMap<string, ZipEntry>): void {
  let reached = 0;
  for (const [name, { offset, sizeBytes }] of [...entries].sort(
    ([, entry], [, other]) => entry.offset - other.offset,
  )) {
    if (offset < reached) throw brokenFile(source, `has ${quoteName(name)} over another file`);
    reached = offset + sizeBytes;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function numberAt(source: ByteSource, view: DataView, at: number): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value))
    throw brokenFile(source, `has a size or place above 2^53 in its zip directory`);
  return value;
}

function quoteName(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}

function brokenFile(source: ByteSource, message: string): InputError {
  return new InputError("file", `${source.name} ${message}`);
}
