/**
 * @file Reads the header of a safetensors file, with every rule of the format checked before anything is believed.
 * https://github.com/huggingface/safetensors: 8 bytes header length, a JSON header, then the tensors without gaps.
 */
import {
  STORED_BYTES,
  type ByteSource,
  type StoredTensor,
  type StoredType,
} from "../base/bytes.ts";
import { InputError } from "../base/errors.ts";
import { isObject } from "../base/isObject.ts";
import { checkTensorCount, type Checkpoint, type PackedTensor } from "./checkpoint.ts";
import { strictJson } from "./strictJson.ts";

/**
 * The tensors of a safetensors file, located but not read.
 *
 * Differs from the reference implementation in refusing more: unknown keys in a tensor's entry, sizes above 2^53, and
 * names that are there twice (of which it silently takes the last).
 *
 * @returns tensors in the order of the file; those of types other than F32, F16 and BF16 under `unsupported`
 * @throws {InputError} "file" if a rule of the format is broken; names the file and the tensor
 */
export async function readSafetensors(source: ByteSource): Promise<Checkpoint> {
  const headerBytes = await headerLength(source);
  const header = Object.entries(await parsedHeader(source, headerBytes));
  const dataStart = LENGTH_BYTES + headerBytes;
  const entries = header
    .filter(([name]) => name !== METADATA)
    .map(([name, value]) => entryOf(source, name, value))
    .sort((entry, other) => entry.begin - other.begin || entry.end - other.end);
  checkContiguous(source, entries, source.sizeBytes - dataStart);
  const weights = new Map<string, StoredTensor>();
  const unsupported = new Map<string, string>();
  const packed = new Map<string, PackedTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    const place = { source, offset: dataStart + begin, sizeBytes: end - begin };
    if (isStored(dtype)) {
      weights.set(name, { type: dtype, shape, ...place });
    } else {
      unsupported.set(name, dtype);
      packed.set(name, { dtype, shape, ...place });
    }
  }
  return { weights, unsupported, packed, metadata: metadataOf(source, header) };
}

const MAX_HEADER_BYTES = 100_000_000;
const LENGTH_BYTES = 8;
const METADATA = "__metadata__";

/** Bits per value of every type that the format knows. */
const BITS = {
  ...{ F4: 4, F6_E2M3: 6, F6_E3M2: 6, BOOL: 8, U8: 8, I8: 8 },
  ...{ F8_E5M2: 8, F8_E4M3: 8, F8_E8M0: 8, F8_E4M3FNUZ: 8, F8_E5M2FNUZ: 8 },
  ...{ I16: 16, U16: 16, F16: 16, BF16: 16, I32: 32, U32: 32, F32: 32 },
  ...{ I64: 64, U64: 64, F64: 64, C64: 64 },
} as const;
type Dtype = keyof typeof BITS;

/** A tensor as the header describes it; begin and end count from the first byte after the header. */
interface Entry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

async function headerLength(source: ByteSource): Promise<number> {
  if (source.sizeBytes < LENGTH_BYTES) {
    throw brokenFile(
      source,
      `needs ${LENGTH_BYTES} bytes for the header length, got ${source.sizeBytes}`,
    );
  }
  const bytes = await source.read(0, LENGTH_BYTES);
  const length = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw brokenFile(source, `needs a header of at most ${MAX_HEADER_BYTES} bytes, got ${length}`);
  }
  const rest = source.sizeBytes - LENGTH_BYTES;
  if (length > rest)
    throw brokenFile(source, `says its header has ${length} bytes, but only ${rest} follow`);
  return Number(length);
}

async function parsedHeader(source: ByteSource, length: number): Promise<object> {
  const bytes = await source.read(LENGTH_BYTES, length);
  if (bytes[0] !== "{".charCodeAt(0)) {
    throw brokenFile(source, `needs a header that begins with {, got ${firstByte(bytes)}`);
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    checkTensorCount(source, timesIn(text, '"data_offsets"'));
    return strictJson(text, { onlyCounts: true }) as object; // it begins with {, so it is an object
  } catch (error) {
    if (error instanceof InputError) throw error;
    const reason = error instanceof SyntaxError ? error.message : "it is not valid UTF-8";
    throw brokenFile(source, `needs a header of strict JSON: ${reason}`, error);
  }
}

function timesIn(text: string, part: string): number {
  let times = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) times++;
  return times;
}

function firstByte(bytes: Uint8Array): string {
  return bytes.length === 0
    ? "an empty header"
    : `byte 0x${bytes[0]!.toString(16).padStart(2, "0")}`;
}

const ENTRY_KEYS = ["dtype", "shape", "data_offsets"];

function entryOf(source: ByteSource, name: string, value: unknown): Entry {
  const wrong = (message: string) => brokenFile(source, `tensor ${shorten(name)} ${message}`);
  if (!isObject(value))
    throw wrong(`needs an object with ${ENTRY_KEYS.join(", ")}, got ${shorten(value)}`);
  const keys = Object.keys(value);
  if (keys.length !== ENTRY_KEYS.length || !ENTRY_KEYS.every((key) => keys.includes(key))) {
    throw wrong(`needs exactly the keys ${ENTRY_KEYS.join(", ")}, got ${shorten(keys.join(", "))}`);
  }
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isDtype(dtype)) throw wrong(`has dtype ${shorten(dtype)}, which the format does not know`);
  if (!isCounts(shape)) throw wrong(`needs a shape of counts below 2^53, got ${shorten(shape)}`);
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw wrong(`needs data_offsets [begin, end] below 2^53, got ${shorten(offsets)}`);
  }
  const [begin, end] = offsets as [number, number];
  const bits = checkedProduct([...shape, BITS[dtype]]);
  if (bits === undefined) throw wrong(`has shape ${shorten(shape)}, more than 2^53 bits`);
  if (bits !== (end - begin) * 8) {
    const bytes = `${shorten(shape)} of ${dtype} takes ${bits / 8} bytes`;
    throw wrong(
      `has data_offsets [${begin}, ${end}], ${end - begin} bytes, but its shape ${bytes}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

/** No holes and no overlap from the first byte to the last, so that a file has one meaning and hides nothing. */
function checkContiguous(source: ByteSource, entries: readonly Entry[], dataBytes: number): void {
  let reached = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== reached) {
      const fault = begin < reached ? "overlaps another" : "leaves a hole before it";
      throw brokenFile(
        source,
        `tensor ${shorten(name)} ${fault}: it must begin at ${reached}, got ${begin}`,
      );
    }
    reached = end;
  }
  if (reached !== dataBytes) {
    const fault = reached > dataBytes ? "it is truncated" : "bytes follow the last tensor";
    throw brokenFile(source, `needs ${reached} bytes of data, got ${dataBytes}: ${fault}`);
  }
}

function metadataOf(source: ByteSource, header: readonly [string, unknown][]): Map<string, string> {
  const metadata = header.find(([name]) => name === METADATA)?.[1] ?? {};
  const pairs = isObject(metadata) ? Object.entries(metadata) : undefined;
  if (!pairs?.every((pair): pair is [string, string] => typeof pair[1] === "string")) {
    throw brokenFile(source, `needs ${METADATA} of text by name, got ${shorten(metadata)}`);
  }
  return new Map(pairs);
}

function isDtype(value: unknown): value is Dtype {
  return typeof value === "string" && Object.hasOwn(BITS, value);
}

function isStored(dtype: Dtype): dtype is StoredType {
  return Object.hasOwn(STORED_BYTES, dtype);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count));
}

/** The product, or nothing once it leaves the integers that a number can hold: even if a later factor is 0. */
function checkedProduct(factors: readonly number[]): number | undefined {
  let product = 1;
  for (const factor of factors) {
    product *= factor;
    if (!Number.isSafeInteger(product)) return undefined;
  }
  return product;
}

/** A value from the file, short enough for a message. */
function shorten(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 120)}...` : text;
}

function brokenFile(source: ByteSource, message: string, cause?: unknown): InputError {
  return new InputError("file", `${source.name} ${message}`, { cause });
}
