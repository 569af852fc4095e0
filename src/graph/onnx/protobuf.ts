/**
 * @file The wire format of protocol buffers, as much of it as an ONNX model needs (protobuf.dev/programming-guides/encoding).
 *
 * A field knows how many bytes it takes, so that all of them are written once, into one array of the right size.
 */

/** A field of a message. */
export interface Field {
  readonly sizeBytes: number;
  /** Writes the field from `at` on. */
  readonly write: (into: Uint8Array, at: number) => void;
}

const utf8 = new TextEncoder();

/** What the low three bits of a field's tag say of its value. */
const [VARINT, LENGTH_DELIMITED, FOUR_BYTES] = [0, 2, 5];

/** An integer field; negative numbers take ten bytes. */
export function int(field: number, value: number | bigint): Field {
  const tag = (field << 3) | VARINT;
  const tagBytes = varintBytes(tag);
  return {
    sizeBytes: tagBytes + varintBytes(value),
    write(into, at) {
      writeVarint(into, at, tag);
      writeVarint(into, at + tagBytes, value);
    },
  };
}

/** A 32-bit floating point field. */
export function float(field: number, value: number): Field {
  const tag = (field << 3) | FOUR_BYTES;
  const tagBytes = varintBytes(tag);
  return {
    sizeBytes: tagBytes + 4,
    write(into, at) {
      writeVarint(into, at, tag);
      into.set(new Uint8Array(Float32Array.of(value).buffer), at + tagBytes);
    },
  };
}

export function bytes(field: number, value: Uint8Array): Field {
  return withLength(field, value.byteLength, (into, at) => into.set(value, at));
}

/** Names are ASCII, of which no array of bytes is made: there are ten thousand in a model of thirty layers. */
export function text(field: number, value: string): Field {
  if (!isAscii(value)) return bytes(field, utf8.encode(value));
  return withLength(field, value.length, (into, first) => {
    for (let at = 0; at < value.length; at++) into[first + at] = value.charCodeAt(at);
  });
}

function isAscii(value: string): boolean {
  for (let at = 0; at < value.length; at++) if (value.charCodeAt(at) >= 0x80) return false;
  return true;
}

/** A message within a message. */
export function nestedField(field: number, parts: readonly Field[]): Field {
  return withLength(field, sizeOf(parts), (into, at) => writeAll(parts, into, at));
}

/** All fields as one array of bytes. */
export function encodeMessage(parts: readonly Field[]): Uint8Array {
  const whole = new Uint8Array(sizeOf(parts));
  writeAll(parts, whole, 0);
  return whole;
}

/** A field whose value says its length first. */
function withLength(field: number, length: number, writeValue: Field["write"]): Field {
  const tag = (field << 3) | LENGTH_DELIMITED;
  const tagBytes = varintBytes(tag);
  const headBytes = tagBytes + varintBytes(length);
  return {
    sizeBytes: headBytes + length,
    write(into, at) {
      writeVarint(into, at, tag);
      writeVarint(into, at + tagBytes, length);
      writeValue(into, at + headBytes);
    },
  };
}

function sizeOf(parts: readonly Field[]): number {
  let total = 0;
  for (const { sizeBytes } of parts) total += sizeBytes;
  return total;
}

function writeAll(parts: readonly Field[], into: Uint8Array, first: number): void {
  let at = first;
  for (const part of parts) {
    part.write(into, at);
    at += part.sizeBytes;
  }
}

/** How many bytes a number takes: seven bits of it in each. */
function varintBytes(value: number | bigint): number {
  if (isSmall(value)) return 1;
  let count = 0;
  for (let rest = twosComplement(value); rest > 0n; rest >>= 7n) count++;
  return count;
}

function writeVarint(into: Uint8Array, first: number, value: number | bigint): void {
  if (isSmall(value)) {
    into[first] = value;
    return;
  }
  let at = first;
  for (let rest = twosComplement(value); rest > 0n; rest >>= 7n) {
    const more = rest > 0x7fn ? 0x80 : 0;
    into[at++] = Number(rest & 0x7fn) | more;
  }
}

/** Nearly all numbers are: they need no arithmetic of large integers. */
function isSmall(value: number | bigint): value is number {
  return typeof value === "number" && value >= 0 && value < 0x80;
}

/** Negative numbers as their two's complement of 64 bits. */
function twosComplement(value: number | bigint): bigint {
  return BigInt.asUintN(64, BigInt(value));
}
