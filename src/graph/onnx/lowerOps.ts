/** @file The ONNX form of every operation but contractions and norms. */
import type { Axis, ValueType } from "../axes.ts";
import type { OpAttributes, OpName } from "../ops.ts";
import type { Emitter, Handle } from "./emitter.ts";
import { lowerContract } from "./lowerContract.ts";
import { lowerRouted, lowerTopK } from "./lowerRouted.ts";
import { int32Scalar, lowerAddGathered, lowerAddPicked, lowerAddTaken } from "./lowerScatter.ts";
import { lowerConvolve, lowerCumulate, lowerRecur, lowerShift } from "./lowerSequences.ts";
import {
  alignAxes,
  countOf,
  groupAxes,
  indexOf,
  mergedGroups,
  reshapeTo,
  stretchOver,
  transposeTo,
  withSizes,
} from "./shapes.ts";
import { halfRows } from "./weights.ts";

type Lowering<Name extends OpName> = (
  emit: Emitter,
  inputs: readonly Handle[],
  attributes: OpAttributes[Name],
  result: ValueType,
) => string;

/** Operations whose ONNX form depends on nothing but their inputs; norms look at their producers (lowerNorm.ts). */
export type PlainOp = Exclude<OpName, "norm" | "gain" | "scale">;

export const LOWERINGS: { readonly [Name in PlainOp]: Lowering<Name> } = {
  contract: lowerContract,
  gather: (emit, [table, ids]) =>
    (table!.weight && halfRows(emit, table!.weight, ids!.tensor)) ??
    emit.node("Gather", [table!.tensor, ids!.tensor], { axis: 0 }),
  take: (emit, [x, indices], { axis, merge = [axis] }) =>
    emit.node("Gather", [groupAxes(emit, x!, mergedGroups(x!, merge)), indices!.tensor], {
      axis: indexOf(x!, merge[0]!),
    }),
  pick: (emit, [x, ids]) => {
    if (ids!.axes.length === x!.axes.length)
      return emit.node("GatherElements", [x!.tensor, ids!.tensor], { axis: -1 });
    const last = emit.integers([-1]);
    const column = emit.node("Unsqueeze", [ids!.tensor, last]);
    return emit.node("Squeeze", [
      emit.node("GatherElements", [x!.tensor, column], { axis: -1 }),
      last,
    ]);
  },
  add: elementwise("Add"),
  sub: elementwise("Sub"),
  mul: elementwise("Mul"),
  div: elementwise("Div"),
  where: elementwise("Where"),
  exp: unary("Exp"),
  log: unary("Log"),
  sqrt: unary("Sqrt"),
  tanh: unary("Tanh"),
  relu: unary("Relu"),
  sigmoid: unary("Sigmoid"),
  gelu: (emit, [x], { approximate }) => emit.node("Gelu", [x!.tensor], { approximate }),
  silu: (emit, [x], { beta = 1 }) => {
    const scaled = beta === 1 ? x!.tensor : emit.node("Mul", [x!.tensor, emit.floats([beta], [])]);
    return emit.node("Mul", [x!.tensor, emit.node("Sigmoid", [scaled])]);
  },
  softplus: unary("Softplus"),
  clamp: (emit, [x], { low, high }) => {
    const bounds = [low, high].map((bound) =>
      bound === undefined ? "" : emit.floats([bound], []),
    );
    return emit.node("Clip", [x!.tensor, ...bounds]);
  },
  softmax: (emit, [x], { axis }) => emit.node("Softmax", [x!.tensor], { axis: indexOf(x!, axis) }),
  logSumExp: (emit, [x], { axis }) => lowerLogSumExp(emit, x!, axis),
  sum: (emit, [x], { axes }) => reduction(emit, "ReduceSum", x!, axes),
  mean: (emit, [x], { axes }) => reduction(emit, "ReduceMean", x!, axes),
  rotary: lowerRotary,
  slice: (emit, [x], { axis, start, end }) =>
    cutAxis(emit, x!.tensor, indexOf(x!, axis), start, end),
  concat: (emit, inputs, { axis }) =>
    emit.node(
      "Concat",
      inputs.map(({ tensor }) => tensor),
      { axis: indexOf(inputs[0]!, axis) },
    ),
  splitAxis: (emit, [x], _, { axes }) =>
    withSizes(
      emit,
      x!.tensor,
      x!.axes.map(({ size }) => [size]),
      axes.map(({ size }) => [size]),
      x!.type,
    ),
  mergeAxes: (emit, [x], { axes: merged }) => {
    return reshapeTo(emit, x!.tensor, x!.axes, mergedGroups(x!, merged), x!.type);
  },
  transpose: (emit, [x], _, { axes }) => transposeTo(emit, x!, axes),
  rename: (_, [x]) => x!.tensor,
  repeat: (emit, [x], { axis, times }) => {
    const at = indexOf(x!, axis);
    const size = Number(x!.axes[at]!.size);
    const entries = Array.from({ length: size * times }, (_, entry) => Math.floor(entry / times));
    return emit.node("Gather", [x!.tensor, emit.integers(entries)], { axis: at });
  },
  greater: elementwise("Greater"),
  erf: unary("Erf"),
  stretch: (emit, [x], _, { axes }) => stretchOver(emit, x!, axes),
  count: (emit, [x], { axes }) => countOf(emit, x!, axes),
  pad: (emit, [x], { axis, before, after }) => {
    const at = emit.integers([indexOf(x!, axis)]);
    return emit.node("Pad", [x!.tensor, emit.integers([before, after]), "", at]);
  },
  shift: lowerShift,
  cumulate: lowerCumulate,
  convolve: lowerConvolve,
  recur: lowerRecur,
  topK: lowerTopK,
  oneHot: (emit, [ids], { size }) =>
    emit.node("OneHot", [ids!.tensor, int32Scalar(emit, size), emit.floats([0, 1])], { axis: -1 }),
  routed: lowerRouted,
  addGathered: lowerAddGathered,
  addTaken: lowerAddTaken,
  addPicked: lowerAddPicked,
};

/** Operations without attributes. */
type Attributeless = (
  emit: Emitter,
  inputs: readonly Handle[],
  _: unknown,
  result: ValueType,
) => string;

function unary(type: string): Attributeless {
  return (emit, [x]) => emit.node(type, [x!.tensor]);
}

function elementwise(type: string): Attributeless {
  return (emit, inputs, _, { axes }) =>
    emit.node(
      type,
      inputs.map((input) => alignAxes(emit, input, axes)),
    );
}

function reduction(emit: Emitter, type: string, x: Handle, axes: readonly string[]): string {
  return emit.node(type, [x.tensor, emit.integers(axes.map((axis) => indexOf(x, axis)))], {
    keepdims: 0,
  });
}

/**
 * The largest x less the log of the largest probability, which is at least one part in the axis' length: three times
 * faster than ReduceLogSumExp, and a gradient needs the softmax anyway.
 */
function lowerLogSumExp(emit: Emitter, x: Handle, axis: string): string {
  const softmax = emit.node("Softmax", [x.tensor], { axis: indexOf(x, axis) });
  const largest = reduction(emit, "ReduceMax", { ...x, tensor: softmax }, [axis]);
  return emit.node("Sub", [reduction(emit, "ReduceMax", x, [axis]), emit.node("Log", [largest])]);
}

function cutAxis(emit: Emitter, tensor: string, axis: number, start: number, end: number): string {
  return emit.node("Slice", [
    tensor,
    ...[[start], [end], [axis]].map((bound) => emit.integers(bound)),
  ]);
}

/** Pairs (i, i + n): y = [a cos - b sin, b cos + a sin, rest]; `interleaved` pairs (2i, 2i + 1) are cut with a step of 2. */
function lowerRotary(
  emit: Emitter,
  [x, cos, sin]: readonly Handle[],
  { interleaved }: OpAttributes["rotary"],
  { axes }: ValueType,
): string {
  const last = axes.length - 1;
  const [pairs, width] = [Number(cos!.axes.at(-1)!.size), Number(axes[last]!.size)];
  const halves = axes.map((axis, index) => (index === last ? { ...axis, size: pairs } : axis));
  const table = (handle: Handle) => {
    const narrow = { ...handle, axes: [...handle.axes.slice(0, -1), halves[last]!] };
    return stretchedOver(emit, alignAxes(emit, narrow, halves), narrow.axes, halves);
  };
  const part = (from: number) =>
    interleaved
      ? emit.node("Slice", [
          x!.tensor,
          ...[[from], [2 * pairs], [last], [2]].map((bound) => emit.integers(bound)),
        ])
      : cutAxis(emit, x!.tensor, last, from * pairs, (from + 1) * pairs);
  const [a, b] = [part(0), part(1)];
  const times = (value: string, by: Handle) => emit.node("Mul", [value, table(by)]);
  const first = emit.node("Sub", [times(a, cos!), times(b, sin!)]);
  const second = emit.node("Add", [times(b, cos!), times(a, sin!)]);
  const rotatedParts = interleaved ? [woven(emit, first, second, axes, pairs)] : [first, second];
  const rest = width > 2 * pairs ? [cutAxis(emit, x!.tensor, last, 2 * pairs, width)] : [];
  return rotatedParts.length + rest.length === 1
    ? rotatedParts[0]!
    : emit.node("Concat", [...rotatedParts, ...rest], { axis: last });
}

/**
 * A table over the heads that it is the same for, each entry once for every head: an engine multiplies runs of equal shape,
 * and without this a run is as short as the pairs of one head (six times slower with eight). Rows of a batch share it.
 */
function stretchedOver(
  emit: Emitter,
  table: string,
  has: readonly Axis[],
  axes: readonly Axis[],
): string {
  const first = axes.findIndex((axis) => has.some(({ name }) => name === axis.name));
  const inner = axes.slice(first);
  const lacks = inner.map(({ name, size }) =>
    has.some((axis) => axis.name === name) || typeof size !== "number" ? 1 : size,
  );
  if (lacks.every((size) => size === 1)) return table;
  return emit.node("Expand", [table, emit.integers(lacks)]);
}

/** Entries of `first` and `second` in turn along the last axis. */
function woven(
  emit: Emitter,
  first: string,
  second: string,
  axes: readonly Axis[],
  pairs: number,
): string {
  const column = (tensor: string) => emit.node("Unsqueeze", [tensor, emit.integers([-1])]);
  const stacked = emit.node("Concat", [column(first), column(second)], { axis: -1 });
  const outer = axes.slice(0, -1).map(({ size }) => [size]);
  return withSizes(emit, stacked, [...outer, [pairs], [2]], [...outer, [2 * pairs]]);
}
