/** @file Hand-made safetensors files for tests: any header text, any data, right or wrong. */
import { bytesInMemory, type ByteSource } from "../../src/base/bytes.ts";

/** A file with this header, as text or as the JSON of a value, and data of so many bytes. */
export function fileOf(
  header: string | Uint8Array | object,
  dataBytes = 0,
  headerLength?: number | bigint,
): ByteSource {
  return bytesInMemory("model.safetensors", rawFile(header, dataBytes, headerLength));
}

export function rawFile(
  header: string | Uint8Array | object,
  dataBytes = 0,
  headerLength?: number | bigint,
): Uint8Array {
  const text = typeof header === "string" ? header : JSON.stringify(header);
  const json = header instanceof Uint8Array ? header : new TextEncoder().encode(text);
  const file = new Uint8Array(8 + json.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength ?? json.length), true);
  file.set(json, 8);
  return file;
}

/** A header entry of an F32 tensor. */
export function f32(shape: readonly number[], begin: number, end: number): object {
  return { dtype: "F32", shape, data_offsets: [begin, end] };
}
