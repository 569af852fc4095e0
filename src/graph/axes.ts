/** @file Axes and types of values. */

/** One axis of a value: its meaning, and its size: a number, or a symbol such as "batch" that a run decides. */
export interface Axis {
  readonly name: string;
  readonly size: number | string;
}

export type NumberType = "float32" | "int32" | "bool";

/** What is known about a value before a run. */
export interface ValueType {
  readonly type: NumberType;
  readonly axes: readonly Axis[];
}

/** `[batch, position, d_model=32]`: how messages write the axes of a value. */
export function formatAxes(axes: readonly Axis[]): string {
  return `[${axes.map(({ name, size }) => (name === size ? name : `${name}=${size}`)).join(", ")}]`;
}
