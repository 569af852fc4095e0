import type { StoredTensor } from "../base/bytes.ts";

/**
 * A float32 tensor whose values are computed when they are read.
 *
 * @param name for messages: the file that the values come from
 * @param valuesAt `count` values from the `first` on, row-major
 */
export function computedTensor(
  name: string,
  shape: readonly number[],
  valuesAt: (first: number, count: number) => Promise<Float32Array>,
): StoredTensor {
  const sizeBytes = shape.reduce((product, size) => product * size, 4);
  const read = async (at: number, length: number) => {
    const first = Math.floor(at / 4);
    const values = await valuesAt(first, Math.ceil((at + length) / 4) - first);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return bytes.subarray(at - 4 * first, at - 4 * first + length);
  };
  return { type: "F32", shape, source: { name, sizeBytes, read }, offset: 0, sizeBytes };
}
