/**
 * @file Reads NumPy's .npz: a zip archive of .npy arrays. Only what attention is saved as: float16, float32 and float64,
 * little endian, C order. Nothing is unpickled, and nothing is allocated before the archive can hold it.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import { Inflate } from "fflate";
import type { ByteSource } from "../base/bytes.ts";
import { InputError } from "../base/errors.ts";
import { fromFloat16, words } from "./readTensor.ts";
import { zipEntries, type ZipEntry } from "./torch/zip.ts";

/** An array of the archive, located but not read. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly type: NpyType;
  /** All values as float32, row-major; infinities and NaN are kept. They may share memory with the source. */
  read(): Promise<Float32Array>;
}

export type NpyType = keyof typeof VALUES_OF;

/**
 * The arrays of an .npz file by name, without `.npy`; saved with `np.savez` or `np.savez_compressed`.
 *
 * Checksums of the archive are not compared: a value that changed on the way is for whoever uses the array to notice.
 *
 * @throws {InputError} "file" if it is not a zip archive, an entry is not a .npy array, or sizes do not agree; names both.
 *   Other types, big endian and Fortran order are refused and not converted
 */
export async function readNpz(source: ByteSource): Promise<ReadonlyMap<string, NpyArray>> {
  const arrays = new Map<string, NpyArray>();
  for (const [file, entry] of await zipEntries(source)) {
    if (!file.endsWith(".npy")) throw brokenFile(source, file, "should end in .npy");
    arrays.set(file.slice(0, -4), await npyArray(source, file, entry));
  }
  return arrays;
}

const VALUES_OF = {
  "<f2": (bytes: Uint8Array) => fromFloat16(words(Uint16Array, bytes)),
  "<f4": (bytes: Uint8Array) => words(Float32Array, bytes),
  "<f8": (bytes: Uint8Array) => Float32Array.from(words(Float64Array, bytes)),
} as const;
const BYTES = { "<f2": 2, "<f4": 4, "<f8": 8 } as const;

/** NumPy's headers take 128 bytes; format 2.0 could have more, which no array of numbers needs. */
const MAX_HEADER_BYTES = 65_535;
const MAX_VALUES = 2 ** 29; // 2 GiB as float32
/** The most that a byte of deflate can stand for. */
const MAX_RATIO = 1032;

async function npyArray(source: ByteSource, file: string, entry: ZipEntry): Promise<NpyArray> {
  const head = await headOf(source, file, entry);
  const { dataAt, type, shape } = parsedHeader(source, file, head);
  const sizeBytes = shape.reduce((product, size) => product * size, BYTES[type]);
  if (!(sizeBytes <= MAX_VALUES * BYTES[type])) {
    throw brokenFile(source, file, `has more than ${MAX_VALUES} values; save layers one by one`);
  }
  const total = dataAt + sizeBytes;
  const fits = entry.plain ? total === entry.sizeBytes : total <= MAX_RATIO * entry.sizeBytes;
  if (!fits) {
    const needs = `of shape ${shape.join(" x ")} needs ${total} bytes`;
    throw brokenFile(
      source,
      file,
      `${needs}, has ${entry.sizeBytes}${entry.plain ? "" : " packed"}`,
    );
  }
  const read = async () => {
    const bytes = entry.plain
      ? await source.read(entry.offset + dataAt, sizeBytes)
      : (await inflateEntry(source, file, entry, total)).subarray(dataAt);
    return VALUES_OF[type](bytes);
  };
  return { shape, type, read };
}

/** The first bytes of the array file: the header is among them. */
async function headOf(source: ByteSource, file: string, entry: ZipEntry): Promise<Uint8Array> {
  const most = 12 + MAX_HEADER_BYTES;
  if (entry.plain) return source.read(entry.offset, Math.min(most, entry.sizeBytes));
  const head = new Uint8Array(most);
  let reached = 0;
  const packed = await source.read(entry.offset, Math.min(2 * most, entry.sizeBytes));
  unpack(source, file, [packed.subarray(0, 1024), packed.subarray(1024)], (chunk) => {
    head.set(chunk.subarray(0, most - reached), reached);
    reached = Math.min(most, reached + chunk.length);
  });
  return head.subarray(0, reached);
}

/** The whole array file, which must have `total` bytes. */
async function inflateEntry(
  source: ByteSource,
  file: string,
  { offset, sizeBytes }: ZipEntry,
  total: number,
): Promise<Uint8Array> {
  const packed = await source.read(offset, sizeBytes);
  const bytes = new Uint8Array(total);
  const pieces = Array.from({ length: Math.ceil(sizeBytes / PIECE) }, (_, index) =>
    packed.subarray(index * PIECE, (index + 1) * PIECE),
  );
  let reached = 0;
  unpack(source, file, pieces, (chunk) => {
    if (reached + chunk.length > total)
      throw brokenFile(source, file, "unpacks to more than it says");
    bytes.set(chunk, reached);
    reached += chunk.length;
  });
  if (reached !== total) {
    throw brokenFile(source, file, `needs ${total} bytes, unpacks to ${reached}`);
  }
  return bytes;
}

/** Packed bytes are fed in pieces, so that what one piece can stand for is little, whatever the file says. */
const PIECE = 16_384;

function unpack(
  source: ByteSource,
  file: string,
  pieces: readonly Uint8Array[],
  take: (chunk: Uint8Array) => void,
): void {
  const stream = new Inflate(take);
  try {
    for (const piece of pieces) stream.push(piece);
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw brokenFile(
      source,
      file,
      "cannot be unpacked: it is damaged, encrypted or not deflated",
      cause,
    );
  }
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY
const HEADER =
  /^\{ *'descr': *'([^']*)', *'fortran_order': *(True|False), *'shape': *\(([\d, ]*)\),? *\}[ \n]*$/;

function parsedHeader(source: ByteSource, file: string, head: Uint8Array) {
  const major = head[6];
  const wide = major === 2 || major === 3;
  if (
    !MAGIC.every((byte, index) => head[index] === byte) ||
    !(major === 1 || wide) ||
    head.length < 12
  ) {
    throw brokenFile(source, file, "is not a .npy array of format 1, 2 or 3");
  }
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const textAt = wide ? 12 : 10;
  const textBytes = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const dataAt = textAt + textBytes;
  const text = new TextDecoder("latin1").decode(head.subarray(textAt, dataAt));
  const [whole, descr, fortran, sizes] = dataAt <= head.length ? (HEADER.exec(text) ?? []) : [];
  const shape = whole === undefined ? null : shapeOf(sizes!);
  if (shape === null) throw brokenFile(source, file, "has a header that no array of numbers has");
  if (!isType(descr!)) {
    const typeNames = Object.keys(VALUES_OF).join(", ");
    throw brokenFile(
      source,
      file,
      `needs type ${typeNames}, got ${JSON.stringify(descr!.slice(0, 20))}`,
    );
  }
  if (fortran === "True") throw brokenFile(source, file, "needs C order, got Fortran order");
  return { dataAt, type: descr, shape };
}

function isType(descr: string): descr is NpyType {
  return Object.hasOwn(VALUES_OF, descr);
}

/** `2, 3`, `2,` and the empty text of a scalar; null for anything else. */
function shapeOf(text: string): number[] | null {
  const parts = text.trim().replace(/,$/, "").split(",");
  if (text.trim() === "") return [];
  const sizes = parts.map((part) => (/^ *\d{1,15} *$/.test(part) ? Number(part) : NaN));
  return sizes.every(Number.isSafeInteger) ? sizes : null;
}

function brokenFile(
  source: ByteSource,
  file: string,
  message: string,
  cause?: unknown,
): InputError {
  const text = `${source.name} has ${JSON.stringify(file.slice(0, 80))}, which ${message}`;
  return new InputError("file", text, { cause });
}
