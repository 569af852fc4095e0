/** @file Reshape, transpose and align tensors by axis name; weights are re-declared with other sizes instead. */
import type { Axis, NumberType } from "../axes.ts";
import type { Weight } from "../program.ts";
import type { Emitter, Handle, ReshapedTensor } from "./emitter.ts";
import { weightTensor } from "./weights.ts";

/** One dimension of a reshaped tensor: the axes that it merges, possibly none (size 1). */
export type Group = readonly Axis[];

/**
 * The tensor `x` with its axes grouped as `groups`, in this order: transposed if the order differs, merged if a group
 * has several axes.
 */
export function groupAxes(emit: Emitter, x: Handle, groups: readonly Group[]): string {
  const wantedAxes = groups.flat();
  const inOrder = x.axes.every((axis, index) => axis.name === wantedAxes[index]!.name);
  const dims = groups.map(sizesOf);
  if (inOrder && x.weight) return weightTensor(emit, x.weight, dims.map(staticSize));
  const ordered = inOrder ? x.tensor : transposeTo(emit, x, wantedAxes);
  return reshapeTo(emit, ordered, wantedAxes, groups, x.type);
}

/** The axes of `x`, each alone but for the neighbours `names`, which are one group. */
export function mergedGroups({ axes }: Pick<Handle, "axes">, names: readonly string[]): Group[] {
  const first = axes.findIndex(({ name }) => name === names[0]);
  const alone = (axis: Axis) => [axis];
  return [
    ...axes.slice(0, first).map(alone),
    axes.slice(first, first + names.length),
    ...axes.slice(first + names.length).map(alone),
  ];
}

/** Whether `x` has the axes of `groups` in this order already, so that grouping it costs nothing but a new shape. */
export function isInOrder(x: Handle, groups: readonly Group[]): boolean {
  let at = 0;
  for (const group of groups) {
    for (const { name } of group) if (x.axes[at++]?.name !== name) return false;
  }
  return true;
}

export function transposeTo(emit: Emitter, x: Handle, order: readonly Axis[]): string {
  const perm = order.map(({ name }) => x.axes.findIndex((axis) => axis.name === name));
  if (perm.every((from, to) => from === to)) return x.tensor;
  return emit.node("Transpose", [x.tensor], { perm });
}

/** The tensor with axes `from` in groups `to` of the same axes in the same order. */
export function reshapeTo(
  emit: Emitter,
  tensor: string,
  from: readonly Axis[],
  to: readonly Group[],
  type?: NumberType,
): string {
  return withSizes(
    emit,
    tensor,
    from.map((axis) => [axis.size]),
    to.map(sizesOf),
    type,
  );
}

/** A tensor of groups with each axis by itself again. */
export function splitGroups(emit: Emitter, tensor: string, groups: readonly Group[]): string {
  const axes = groups.flat();
  return withSizes(
    emit,
    tensor,
    groups.map(sizesOf),
    axes.map(({ size }) => [size]),
  );
}

type Size = number | string;

/**
 * Reshape to `to`, each dimension a product of sizes. Symbols are copied (0) or inferred (-1) where that is safe, else
 * computed: -1 beside an empty axis cannot be inferred, and a batch may be empty.
 */
export function withSizes(
  emit: Emitter,
  tensor: string,
  from: readonly (readonly Size[])[],
  to: readonly (readonly Size[])[],
  type: NumberType = "float32",
): string {
  const before = emit.reshapes.get(tensor) ?? { tensor, sizes: from };
  const name = reshapedTo(emit, before, to);
  if (name !== before.tensor) {
    emit.reshapes.set(name, before);
    emit.values.set(name, { name: name, type, sizes: to.map((sizes) => sizeName(sizes)) });
  }
  return name;
}

/** The size of a dimension; products of symbols by a name that equal products share. */
function sizeName(sizes: readonly Size[]): Size {
  const { factor, symbols } = simplifySizes(sizes);
  return symbols.length === 0 ? factor : [...(factor === 1 ? [] : [factor]), ...symbols].join("*");
}

function reshapedTo(
  emit: Emitter,
  { tensor, sizes }: ReshapedTensor,
  to: readonly (readonly Size[])[],
): string {
  const [source, target] = [sizes.map(simplifySizes), to.map(simplifySizes)];
  if (source.length === target.length && target.every((dim, index) => same(dim, source[index]!)))
    return tensor;
  const dims = target.map((dim, index) => {
    if (isStatic(dim)) return dim.factor;
    return source[index] && same(dim, source[index]) ? 0 : null;
  });
  const unknown = dims.filter((size) => size === null).length;
  const copies = dims.includes(0);
  if (unknown === 0 || (unknown === 1 && !copies)) {
    return emit.node("Reshape", [tensor, emit.integers(dims.map((size) => size ?? -1))]);
  }
  const key = target.map(({ factor, symbols }) => [factor, ...symbols].join("*")).join(",");
  const shape = emit.once(`shape ${key}`, () =>
    emit.node(
      "Concat",
      target.map((dim) => product(emit, dim)),
      { axis: 0 },
    ),
  );
  return emit.node("Reshape", [tensor, shape], { allowzero: 1 });
}

/** `x` with axes of size 1 put in, so that it stretches over `over` as ONNX does: from the last axis backwards. */
export function alignAxes(emit: Emitter, x: Handle, over: readonly Axis[]): string {
  if (x.axes.length === 0 || x.axes.length === over.length) return x.tensor;
  const first = over.findIndex(({ name }) => name === x.axes[0]!.name);
  const within = over.slice(first);
  const missing = within.flatMap(({ name }, index) =>
    x.axes.some((axis) => axis.name === name) ? [] : [index],
  );
  if (missing.length === 0) return x.tensor;
  return emit.node("Unsqueeze", [x.tensor, emit.integers(missing)]);
}

/** `x` repeated over the axes and sizes `over`; a view where it only lacks axes of size 1. */
export function stretchOver(emit: Emitter, x: Handle, over: readonly Axis[]): string {
  const whole = alignAxes(emit, x, over);
  const reaches = over.every(
    ({ name, size }) => size === (x.axes.find((axis) => axis.name === name)?.size ?? 1),
  );
  if (reaches && x.axes.length > 0) return whole;
  return emit.node("Expand", [whole, sizesTensor(emit, over)]);
}

/** The sizes of `axes` as an int64 vector. */
export function sizesTensor(emit: Emitter, axes: readonly Axis[]): string {
  if (axes.every(({ size }) => typeof size === "number"))
    return emit.integers(axes.map(({ size }) => size as number));
  return emit.once(`sizes ${axes.map(({ size }) => size).join()}`, () =>
    emit.node(
      "Concat",
      axes.map(({ size }) => product(emit, simplifySizes([size]))),
      { axis: 0 },
    ),
  );
}

/** How many entries the axes of `x` called `names` have together, as a float32 scalar. */
export function countOf(emit: Emitter, x: Handle, names: readonly string[]): string {
  const sizes = x.axes.filter(({ name }) => names.includes(name)).map(({ size }) => size);
  const { factor, symbols } = simplifySizes(sizes);
  if (symbols.length === 0) return emit.floats([factor], []);
  const whole = product(emit, { factor, symbols });
  return emit.node("Squeeze", [emit.node("Cast", [whole], { to: 1 }), emit.integers([0])]);
}

interface Product {
  readonly factor: number;
  readonly symbols: readonly string[];
}

function simplifySizes(sizes: readonly Size[]): Product {
  const factor = sizes.reduce<number>(
    (total, size) => (typeof size === "number" ? total * size : total),
    1,
  );
  return { factor, symbols: sizes.filter((size) => typeof size === "string").toSorted() };
}

function same(a: Product, b: Product): boolean {
  return a.factor === b.factor && a.symbols.join() === b.symbols.join();
}

function isStatic({ symbols }: Product): boolean {
  return symbols.length === 0;
}

function product(emit: Emitter, { factor, symbols }: Product): string {
  const lengths = symbols.map((symbol) => emit.lengthOf(symbol));
  const all = factor === 1 && lengths.length > 0 ? lengths : [emit.integers([factor]), ...lengths];
  return emit.once(`product ${factor} ${symbols.join()}`, () =>
    all.reduce((a, b) => emit.node("Mul", [a, b])),
  );
}

function sizesOf(group: Group): Size[] {
  return group.map(({ size }) => size);
}

function staticSize(sizes: readonly Size[]): number {
  return sizes.reduce<number>((total, size) => total * (size as number), 1);
}

/** The handle of a weight with its natural sizes. */
export function weightHandle(emit: Emitter, weight: Weight): Handle {
  const dims = weight.axes.map(({ size }) => size as number);
  return { tensor: weightTensor(emit, weight, dims), axes: weight.axes, weight };
}

/** Which axis of `x` is called `axis`. */
export function indexOf(x: Handle, axis: string): number {
  return x.axes.findIndex(({ name }) => name === axis);
}
