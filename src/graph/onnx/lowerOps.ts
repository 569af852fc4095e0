/** @file The ONNX form of every operation but contractions and norms. */
import type { ValueType } from "../axes.ts";
import type { OpAttributes, OpName } from "../ops.ts";
import type { Emitter, Handle } from "./emitter.ts";
import { lowerContract } from "./lowerContract.ts";
import { lowerRotary } from "./lowerRotary.ts";
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
