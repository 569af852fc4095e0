/** @file Bytes of values, from the lengths of their axes. */
import type { Axis } from "../graph/axes.ts";
import { typesOf, type Program } from "../graph/program.ts";

/** Bytes of a value for these lengths of the symbols; symbols without one count as 1. */
export function float32Bytes(
  axes: readonly Axis[],
  sizes: Readonly<Record<string, number>>,
): number {
  return axes.reduce(
    (product, { size }) => product * (typeof size === "number" ? size : (sizes[size] ?? 1)),
    4,
  );
}

/** Bytes of some values of a program together. */
export function bytesOfValues(
  program: Program,
  names: Iterable<string>,
  sizes: Readonly<Record<string, number>>,
): number {
  const types = typesOf(program);
  return [...names].reduce((sum, name) => sum + float32Bytes(types.get(name)!.axes, sizes), 0);
}
