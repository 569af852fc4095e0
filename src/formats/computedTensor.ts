import type { StoredTensor } from "../base/bytes.ts";
import { words } from "./readTensor.ts";

/**
 * A float32 tensor whose values are computed when they are read.
 *
 * @param name for messages: the file that the values come from
 * @param write fills `values` with those from the `first` on, row-major
 */
export function computedTensor(
  name: string,
  shape: readonly number[],
  write: (first: number, values: Float32Array) => Promise<void> | void,
): StoredTensor {
  const sizeBytes = shape.reduce((product, size) => product * size, 4);
  const read = async (at: number, length: number) => {
    const first = Math.floor(at / 4);
    const values = new Float32Array(Math.ceil((at + length) / 4) - first);
    await write(first, values);
    return new Uint8Array(values.buffer, at - 4 * first, length);
  };
  const readInto = async (at: number, bytes: Uint8Array) => {
    const isWhole = [at, bytes.byteOffset, bytes.length].every((number) => number % 4 === 0);
    if (isWhole) await write(at / 4, words(Float32Array, bytes));
    else bytes.set(await read(at, bytes.length));
  };
  const source = { name, sizeBytes, read, readInto };
  return { type: "F32", shape, source, offset: 0, sizeBytes };
}
