/**
 * @file Reads the header of a GGUF file: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 *
 * Written here and not taken from @huggingface/gguf (0.4.6), which reads zeros past the end of a file, cuts off a text
 * that crosses a 2 MB boundary, and keeps the last of two equal keys; the tests compare with it on sound files.
 */
import type { ByteSource } from "../../base/bytes.ts";
import { checkTensorCount } from "../checkpoint.ts";
import { InputError } from "../../base/errors.ts";
import { cursorOver, MoreNeeded, type Cursor } from "./cursor.ts";
import { metadataValue, MIN_PAIR_BYTES, type GgufValue } from "./metadata.ts";
import { MIN_TENSOR_BYTES, placeTensors, tensorInfo, type GgufTensor } from "./tensors.ts";

/** What a GGUF file says about itself. */
export interface Gguf {
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  /** In the order of the file. */
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

/**
 * The metadata and the tensors of a GGUF file (version 2 or 3, little endian), located but not read.
 *
 * Every count, size and offset is checked against the size of the file before anything is made or read for it; memory
 * stays below 16 times the size of the header.
 *
 * @throws {InputError} "file" if a rule of the format is broken; names the file, and the key or tensor
 */
export async function readGguf(source: ByteSource): Promise<Gguf> {
  for (let size = FIRST_READ_BYTES; ; size *= 4) {
    const bytes = await source.read(0, Math.min(size, source.sizeBytes));
    try {
      return parseGguf(source, cursorOver(source, bytes));
    } catch (error) {
      if (!(error instanceof MoreNeeded)) throw error;
    }
  }
}

const FIRST_READ_BYTES = 8 * 1024 * 1024;
const MAGIC = 0x46554747; // "GGUF", little endian
const DEFAULT_ALIGNMENT = 32;

function parseGguf(source: ByteSource, cursor: Cursor): Gguf {
  const version = checkedVersion(source, cursor);
  const tensorCount = cursor.count("the number of tensors");
  const pairCount = cursor.count("the number of metadata keys");
  if (source.sizeBytes >= tensorCount * MIN_TENSOR_BYTES) checkTensorCount(source, tensorCount); // else it is cut short
  cursor.expect("metadata keys", pairCount, MIN_PAIR_BYTES);
  const metadata = new Map<string, GgufValue>();
  for (let pair = 0; pair < pairCount; pair++) {
    const key = cursor.text("a metadata key");
    if (metadata.has(key))
      throw brokenFile(source, `has the metadata key ${JSON.stringify(key)} twice`);
    metadata.set(key, metadataValue(source, cursor, key));
  }
  cursor.expect("tensors", tensorCount, MIN_TENSOR_BYTES);
  const infos = Array.from({ length: tensorCount }, () => tensorInfo(source, cursor));
  return {
    version,
    metadata,
    tensors: placeTensors(source, infos, cursor.position(), alignmentOf(source, metadata)),
  };
}

function checkedVersion(source: ByteSource, cursor: Cursor): number {
  const magic = cursor.u32("the magic number");
  if (magic !== MAGIC) throw brokenFile(source, "needs to begin with GGUF");
  const version = cursor.u32("the version");
  if (version === 2 || version === 3) return version;
  const bigEndian = (version & 0xffff) === 0 && version !== 0;
  throw brokenFile(
    source,
    `needs GGUF version 2 or 3, little endian, got ${bigEndian ? "a big-endian file" : version}`,
  );
}

function alignmentOf(source: ByteSource, metadata: ReadonlyMap<string, GgufValue>): number {
  const alignment = metadata.get("general.alignment") ?? DEFAULT_ALIGNMENT;
  const isPower =
    typeof alignment === "number" && 2 ** Math.round(Math.log2(alignment)) === alignment;
  if (isPower && alignment >= 1) return alignment;
  const got = String(alignment).slice(0, 80);
  throw brokenFile(source, `needs a power of two as general.alignment, got ${got}`);
}

function brokenFile(source: ByteSource, message: string): InputError {
  return new InputError("file", `${source.name} ${message}`);
}
