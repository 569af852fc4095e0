import type { ByteSource } from "../../base/bytes.ts";
import { InputError } from "../../base/errors.ts";
import type { Cursor } from "./cursor.ts";

/** A value of the metadata; whole numbers of 64 bits are bigint only where a number cannot hold them. */
export type GgufValue = number | bigint | boolean | string | readonly GgufValue[];

/** A key of no letters, its type and the shortest value. */
export const MIN_PAIR_BYTES = 8 + 4 + 1;

/** The value of `key`, with its type before it. */
export function metadataValue(source: ByteSource, cursor: Cursor, key: string): GgufValue {
  const what = `metadata ${JSON.stringify(key.slice(0, 80))}`;
  return valueOf(source, cursor, what, cursor.u32(what), 0);
}

const TEXT = 8;
const ARRAY = 9;

/** Values of a fixed width by the number of their type. */
const FIXED: Readonly<
  Record<number, { bytes: number; read: (view: DataView, at: number) => GgufValue }>
> = {
  0: { bytes: 1, read: (view, at) => view.getUint8(at) },
  1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  2: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  3: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  4: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  5: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  6: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  7: { bytes: 1, read: (view, at) => view.getUint8(at) !== 0 },
  10: { bytes: 8, read: (view, at) => numberIfExact(view.getBigUint64(at, true)) },
  11: { bytes: 8, read: (view, at) => numberIfExact(view.getBigInt64(at, true)) },
  12: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
};
const MAX_DEPTH = 4;

function valueOf(
  source: ByteSource,
  cursor: Cursor,
  what: string,
  type: number,
  depth: number,
): GgufValue {
  if (type === TEXT) return cursor.text(what);
  if (type === ARRAY) return arrayOf(source, cursor, what, depth);
  const { bytes, read } = fixedReader(source, what, type);
  return read(cursor.take(what, bytes), 0);
}

function arrayOf(
  source: ByteSource,
  cursor: Cursor,
  what: string,
  depth: number,
): readonly GgufValue[] {
  if (depth >= MAX_DEPTH) throw brokenFile(source, `${what} nests arrays deeper than ${MAX_DEPTH}`);
  const type = cursor.u32(what);
  const length = cursor.count(`the length of ${what}`);
  if (type === TEXT || type === ARRAY) {
    cursor.expect(`values in ${what}`, length, type === TEXT ? 8 : 12);
    return Array.from({ length }, () => valueOf(source, cursor, what, type, depth + 1));
  }
  const { bytes, read } = fixedReader(source, what, type);
  cursor.expect(`values in ${what}`, length, bytes);
  const view = cursor.take(what, length * bytes);
  return Array.from({ length }, (_, index) => read(view, index * bytes));
}

function fixedReader(source: ByteSource, what: string, type: number) {
  const reader = Object.hasOwn(FIXED, type) ? FIXED[type] : undefined;
  if (!reader) throw brokenFile(source, `${what} has value type ${type}, which GGUF does not know`);
  return reader;
}

function numberIfExact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function brokenFile(source: ByteSource, message: string): InputError {
  return new InputError("file", `${source.name}: ${message}`);
}
