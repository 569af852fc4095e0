/** @file The wire format of protocol buffers, as much of it as an ONNX model needs (protobuf.dev/programming-guides/encoding). */

/** A message as a list of its encoded fields: single bytes as numbers (there are many), longer pieces as arrays. */
export type Message = readonly (number | Uint8Array)[];

const utf8 = new TextEncoder();

/** An integer field; negative numbers take ten bytes. */
export function int(field: number, value: number | bigint): Message {
  return [...varint((field << 3) | 0), ...varint(value)];
}

/** A 32-bit floating point field. */
export function float(field: number, value: number): Message {
  return [...varint((field << 3) | 5), new Uint8Array(new Float32Array([value]).buffer)];
}

export function bytes(field: number, value: Uint8Array): Message {
  return [...varint((field << 3) | 2), ...varint(value.byteLength), value];
}

export function text(field: number, value: string): Message {
  return bytes(field, utf8.encode(value));
}

/** A message within a message: small ones become one piece, so that lists stay short; large ones are not copied. */
export function nestedField(field: number, parts: readonly Message[]): Message {
  const inner = parts.flat();
  const size = sizeBytes(inner);
  const pieces = size <= SMALL ? [encodeMessage([inner])] : inner;
  return [...varint((field << 3) | 2), ...varint(size), ...pieces];
}

const SMALL = 4096;

/** All fields as one array of bytes. */
export function encodeMessage(parts: readonly Message[]): Uint8Array {
  const chunks = parts.flat();
  const whole = new Uint8Array(sizeBytes(chunks));
  let offset = 0;
  for (const chunk of chunks) {
    if (typeof chunk === "number") whole[offset++] = chunk;
    else {
      whole.set(chunk, offset);
      offset += chunk.byteLength;
    }
  }
  return whole;
}

function sizeBytes(chunks: Message): number {
  let total = 0;
  for (const chunk of chunks) total += typeof chunk === "number" ? 1 : chunk.byteLength;
  return total;
}

function varint(value: number | bigint): number[] {
  if (typeof value === "number" && value >= 0 && value < 0x80) return [value];
  let rest = BigInt.asUintN(64, BigInt(value));
  const out: number[] = [];
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    out.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return out;
}
