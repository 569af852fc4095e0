/** @file Arrays with named axes: what measures take and give. Row-major, float32 unless said otherwise. */
import { InputError } from "./errors.ts";

export type TensorData = Float32Array | Float64Array | Int32Array | Uint8Array;

/** Numbers with named axes, row-major: the last axis is contiguous. */
export interface Tensor<Data extends TensorData = Float32Array> {
  readonly axes: readonly string[];
  readonly shape: readonly number[];
  readonly data: Data;
}

/**
 * A tensor over `data`, which is not copied.
 *
 * @throws {InputError} "shape" unless axes, shape and the number of values agree
 */
export function tensor<Data extends TensorData>(
  axes: readonly string[],
  shape: readonly number[],
  data: Data,
): Tensor<Data> {
  const size = sizeOf(shape);
  if (axes.length !== shape.length || size !== data.length) {
    throw new InputError(
      "shape",
      `a tensor needs one size per axis and one value per entry, got axes ${axes.join(", ")}, sizes ${shape.join(" x ")} and ${data.length} values`,
    );
  }
  return { axes, shape, data };
}

/**
 * The sizes of `value`, after checking that its axes are `axes` in this order.
 *
 * @throws {InputError} "shape" if the axes differ
 */
export function shapeOf<const Axes extends readonly string[]>(
  value: Tensor<TensorData>,
  axes: Axes,
): { readonly [Index in keyof Axes]: number } {
  if (value.axes.length !== axes.length || axes.some((axis, index) => axis !== value.axes[index])) {
    throw new InputError(
      "shape",
      `expected axes [${axes.join(", ")}], got [${value.axes.join(", ")}] of ${value.shape.join(" x ")}`,
    );
  }
  return value.shape as { readonly [Index in keyof Axes]: number };
}

/** How many values an array of this shape has; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
