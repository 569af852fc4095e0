/** @file Hand-made GGUF files for tests, right or wrong: written apart from the reader. */
import { bytesInMemory, type ByteSource } from "../../src/base/bytes.ts";
import type { Random } from "../../src/base/random.ts";
import type { Gguf } from "../../src/formats/gguf/readGguf.ts";
import { whole, type WantedTensor } from "../../src/formats/gguf/wantedTensor.ts";

export type Piece = Uint8Array;

export function u32(value: number): Piece {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

export function u16(value: number): Piece {
  return u32(value).subarray(0, 2);
}

export function u64(value: number | bigint): Piece {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}

export function text(value: string): Piece {
  const bytes = new TextEncoder().encode(value);
  return joined([u64(bytes.length), bytes]);
}

export function joined(pieces: readonly Piece[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** A metadata pair: key, number of the type, bytes of the value. */
export function pair(key: string, type: number, ...value: readonly Piece[]): Piece {
  return joined([text(key), u32(type), ...value]);
}

/** An entry of the list of tensors; `dims` innermost first. */
export function tensor(
  name: string,
  dims: readonly (number | bigint)[],
  type: number,
  offset: number | bigint,
): Piece {
  return joined([text(name), u32(dims.length), ...dims.map(u64), u32(type), u64(offset)]);
}

export interface Parts {
  readonly magic?: string;
  readonly version?: number;
  readonly tensorCount?: number | bigint;
  readonly pairCount?: number | bigint;
  readonly pairs?: readonly Piece[];
  readonly tensors?: readonly Piece[];
  readonly dataBytes?: number;
  /** Bytes to leave out at the end. */
  readonly cut?: number;
}

export function ggufBytes(parts: Parts): Uint8Array {
  const { magic = "GGUF", version = 3, pairs = [], tensors = [], dataBytes = 0, cut = 0 } = parts;
  const { tensorCount = tensors.length, pairCount = pairs.length } = parts;
  const start = [new TextEncoder().encode(magic), u32(version), u64(tensorCount), u64(pairCount)];
  const header = joined([...start, ...pairs, ...tensors]);
  const padding = new Uint8Array((32 - (header.length % 32)) % 32);
  const file = joined([header, padding, new Uint8Array(dataBytes)]);
  return file.slice(0, file.length - cut);
}

export function ggufFile(parts: Parts): ByteSource {
  return bytesInMemory("model.gguf", ggufBytes(parts));
}

/** All tensors of a file, as they are in it. */
export function allOf({ tensors }: Pick<Gguf, "tensors">): Map<string, WantedTensor> {
  return new Map([...tensors].map(([name, tensor]) => [name, whole(tensor)]));
}

const NUMBERS = [
  0n,
  1n,
  2n,
  31n,
  2n ** 16n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 40n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/** A file with one to four bytes, numbers or runs of bytes changed. */
export function mutant(file: Uint8Array, { integer }: Random): Uint8Array {
  let bytes: Uint8Array = file.slice();
  for (let edits = integer(1, 4); edits > 0; edits--) {
    const at = integer(0, bytes.length - 1);
    const kind = integer(0, 3);
    if (kind === 0) bytes[at] = integer(0, 255);
    else if (kind === 1)
      bytes.set(u64(NUMBERS[integer(0, NUMBERS.length - 1)]!).subarray(0, bytes.length - at), at);
    else if (kind === 2)
      bytes = joined([bytes.subarray(0, at), bytes.subarray(at + integer(0, 9))]);
    else bytes = joined([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - integer(0, 40)))]);
    if (bytes.length === 0) return bytes;
  }
  return bytes;
}
