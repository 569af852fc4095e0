/** @file Rows of a batch: which example a row is, and entries of saved values put into its place. */
import { sizeOf, tensor, type Tensor, type TensorData } from "../base/tensor.ts";
import type { State } from "./chainRun.ts";

/** Rows `examples` of `value`, whose first axis is batch; one example may stand in several rows. */
export function takeRows<Data extends TensorData>(
  value: Tensor<Data>,
  examples: readonly number[],
): Tensor<Data> {
  const size = value.data.length / value.shape[0]!;
  const data = new (value.data.constructor as new (length: number) => Data)(examples.length * size);
  examples.forEach((example, row) =>
    data.set(value.data.subarray(example * size, (example + 1) * size) as never, row * size),
  );
  return tensor(value.axes, [examples.length, ...value.shape.slice(1)], data);
}

/** The values `names` of a saved state for the rows of a run. */
export function takeState(
  state: State,
  names: readonly string[],
  examples: readonly number[],
): State {
  return new Map(names.map((name) => [name, takeRows(valueOf(state, name), examples)]));
}

export function valueOf(state: State, name: string): Tensor {
  const value = state.get(name);
  if (!value) throw new Error(`internal: ${name} was not saved`);
  return value;
}

/** Entries of a value that change: everything, or those of some heads or some positions. */
export interface Part {
  readonly heads?: readonly number[] | undefined;
  readonly positions?: readonly number[] | undefined;
}

/** Names of axes that mean the head, and the position at which something is computed. */
const HEAD_AXES = ["head", "kv_head"];
const POSITION_AXES = ["position", "query"];

/**
 * A copy of `value` in which the `part` of some rows is what `source` has for the rows' examples.
 *
 * @param changes row of `value`, row of `source`, and the part
 */
export function withParts(
  value: Tensor,
  changes: readonly {
    readonly row: number;
    readonly source: Tensor;
    readonly example: number;
    readonly part: Part;
  }[],
): Tensor {
  const data = value.data.slice();
  const size = data.length / value.shape[0]!;
  for (const { row, source, example, part } of changes) {
    for (const [start, length] of runsOf(value, part))
      data.set(
        source.data.subarray(example * size + start, example * size + start + length),
        row * size + start,
      );
  }
  return tensor(value.axes, value.shape, data);
}

/** Stretches [start, length] of one row that lie in the part. */
function runsOf(value: Tensor, { heads, positions }: Part): [number, number][] {
  const axes = value.axes.slice(1);
  const sizes = value.shape.slice(1);
  const selections = axes.map((axis) =>
    HEAD_AXES.includes(axis) ? heads : POSITION_AXES.includes(axis) ? positions : undefined,
  );
  const deepest = selections.findLastIndex((indices) => indices !== undefined);
  const length = sizeOf(sizes.slice(deepest + 1));
  let starts = [0];
  for (let axis = 0; axis <= deepest; axis++) {
    const indices = selections[axis] ?? Array.from({ length: sizes[axis]! }, (_, index) => index);
    starts = starts.flatMap((start) => indices.map((index) => start * sizes[axis]! + index));
  }
  return starts.map((start) => [start * length, length]);
}
