/** @file Tensors that are views: how far apart neighbours along each axis lie, counted in values. */
import type { ByteSource } from "../../base/bytes.ts";

/** How the values of a tensor lie in those of its storage. */
export interface View {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** Bytes per value. */
  readonly width: number;
}

/** Place of the last value, from the first; 0 for a tensor without values. */
export function lastOf(shape: readonly number[], strides: readonly number[]): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis]!, 0);
}

/** Whether the values lie in row-major order without gaps. */
export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  if (shape.includes(0)) return true;
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] === 1) continue;
    if (strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/**
 * The values of a view in row-major order, gathered when they are first read and then kept.
 *
 * @param offset byte of the view's first value in `source`
 */
export function contiguousSource(source: ByteSource, offset: number, view: View): ByteSource {
  const sizeBytes = view.shape.reduce((product, length) => product * length, view.width);
  let gathered: Promise<Uint8Array> | undefined;
  return {
    name: source.name,
    sizeBytes,
    read: async (at, length) => {
      gathered ??= source
        .read(offset, (lastOf(view.shape, view.strides) + 1) * view.width)
        .then((bytes) => gather(bytes, view));
      return (await gathered).subarray(at, at + length);
    },
  };
}

function gather(bytes: Uint8Array, { shape, strides, width }: View): Uint8Array {
  const count = shape.reduce((product, length) => product * length, 1);
  const contiguous = new Uint8Array(count * width);
  const index = shape.map(() => 0);
  let from = 0;
  for (let value = 0; value < count; value++) {
    for (let byte = 0; byte < width; byte++)
      contiguous[value * width + byte] = bytes[from * width + byte]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return contiguous;
}
