/** @file Writes small GGUF files (version 3, F32): what llama.cpp's converter makes of a Hugging Face checkpoint, for tests. */

export interface GgufTensorToWrite {
  readonly name: string;
  /** Row-major, outermost first; the file keeps sizes innermost first. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const TYPES = { uint32: 4, float32: 6, bool: 7, string: 8 } as const;
export type GgufEntry = readonly [
  key: string,
  type: keyof typeof TYPES,
  value: number | boolean | string,
];

export function ggufBytes(
  metadata: readonly GgufEntry[],
  tensors: readonly GgufTensorToWrite[],
): Uint8Array {
  const parts: Uint8Array[] = [];
  let size = 0;
  const append = (bytes: Uint8Array) => {
    parts.push(bytes);
    size += bytes.length;
  };
  const number = (bytes: number, set: (view: DataView) => void) => {
    const buffer = new DataView(new ArrayBuffer(bytes));
    set(buffer);
    append(new Uint8Array(buffer.buffer));
  };
  const u32 = (value: number) => number(4, (view) => view.setUint32(0, value, true));
  const u64 = (value: number) => number(8, (view) => view.setBigUint64(0, BigInt(value), true));
  const text = (value: string) => {
    const bytes = new TextEncoder().encode(value);
    u64(bytes.length);
    append(bytes);
  };
  append(new TextEncoder().encode("GGUF"));
  u32(3);
  u64(tensors.length);
  u64(metadata.length);
  for (const [key, type, value] of metadata) {
    text(key);
    u32(TYPES[type]);
    if (typeof value === "string") text(value);
    else if (typeof value === "boolean") append(Uint8Array.of(Number(value)));
    else if (type === "uint32") u32(value);
    else number(4, (view) => view.setFloat32(0, value, true));
  }
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    text(name);
    u32(shape.length);
    for (const length of shape.toReversed()) u64(length);
    u32(0);
    u64(offset);
    offset += padded(data.byteLength);
  }
  append(new Uint8Array(padded(size) - size));
  for (const { data } of tensors) {
    append(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    append(new Uint8Array(padded(data.byteLength) - data.byteLength));
  }
  const file = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

function padded(size: number): number {
  return Math.ceil(size / 32) * 32;
}
