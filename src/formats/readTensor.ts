/** @file Values of stored tensors as float32. F16 and BF16 convert exactly: every one of their values is a float32. */
import { STORED_BYTES, type StoredTensor } from "../base/bytes.ts";

/**
 * All values of a tensor, row-major. Infinities and NaN are kept as they are.
 *
 * @returns values that may share memory with the source, so they must not be written to
 */
export async function readTensor(tensor: StoredTensor): Promise<Float32Array> {
  const bytes = await tensor.source.read(tensor.offset, tensor.sizeBytes);
  if (tensor.type === "F32") return words(Float32Array, bytes);
  const halves = words(Uint16Array, bytes);
  return tensor.type === "F16" ? fromFloat16(halves) : fromBfloat16(halves);
}

/** How many values a stored tensor has. */
export function valuesIn(tensor: StoredTensor): number {
  return tensor.sizeBytes / STORED_BYTES[tensor.type];
}

/** Values of IEEE half precision, given as bits. */
export function fromFloat16(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length);
  const bits = new Uint32Array(values.buffer);
  for (let index = 0; index < halves.length; index++) {
    const half = halves[index]!;
    const magnitude = (half & 0x7fff) << 13;
    const sign = (half & 0x8000) << 16;
    if (magnitude >= 0x0f800000)
      bits[index] = sign | magnitude | 0x7f800000; // infinity or NaN
    else {
      bits[index] = sign | magnitude;
      values[index]! *= 2 ** 112; // moves the exponent's bias from 15 to 127; exact, subnormals too
    }
  }
  return values;
}

/** Values of bfloat16, given as bits: the upper half of a float32. */
export function fromBfloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let index = 0; index < halves.length; index++) bits[index] = halves[index]! << 16;
  return new Float32Array(bits.buffer);
}

/** A view of `bytes` as wider numbers, or a copy where they do not lie aligned. Little endian, as all our hosts are. */
export function words<Words>(
  type: {
    new (buffer: ArrayBufferLike, byteOffset: number, length: number): Words;
    readonly BYTES_PER_ELEMENT: number;
  },
  bytes: Uint8Array,
): Words {
  const aligned = bytes.byteOffset % type.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  return new type(aligned.buffer, aligned.byteOffset, aligned.length / type.BYTES_PER_ELEMENT);
}
