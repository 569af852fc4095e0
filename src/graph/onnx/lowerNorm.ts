/**
 * @file Norms. ONNX Runtime's fused kernels are used wherever the scale is the norm's own; a scale that an edit changed
 * (a frozen norm) is divided by in the open. Capturing a scale adds a node and changes no other number.
 */
import type { Op } from "../ops.ts";
import type { Emitter, Handle } from "./emitter.ts";
import { aligned } from "./shapes.ts";

type NormOp = Extract<Op, { op: "norm" | "gain" | "scale" }>;

/** @param producers the operation that makes each value, to see whether a scale is untouched */
export function lowerNorm(
  emit: Emitter,
  op: NormOp,
  inputs: readonly Handle[],
  producers: ReadonlyMap<string, Op>,
  handles: ReadonlyMap<string, Handle>,
): string {
  if (op.op === "scale") return lowerScale(emit, inputs[0]!, op.attributes);
  if (op.op === "gain") {
    const normed = producers.get(op.inputs[0]!);
    const fused =
      normed?.op === "norm" && normed.inputs.length === 2 && ownScale(normed, producers);
    if (!fused) return emit.node("Mul", [inputs[0]!.tensor, inputs[1]!.tensor]);
    return fusedNorm(emit, handles.get(normed.inputs[0]!)!, [inputs[1]!], normed.attributes);
  }
  if (ownScale(op, producers)) return fusedNorm(emit, inputs[0]!, inputs.slice(2), op.attributes);
  const [x, scale, w, b] = inputs;
  const centered = op.attributes.center ? lessMean(emit, x!.tensor) : x!.tensor;
  const normalized = emit.node("Div", [centered, aligned(emit, scale!, x!.axes)]);
  const scaled = w ? emit.node("Mul", [normalized, w.tensor]) : normalized;
  return b ? emit.node("Add", [scaled, b.tensor]) : scaled;
}

function ownScale(norm: Op, producers: ReadonlyMap<string, Op>): boolean {
  const scale = producers.get(norm.inputs[1]!);
  return scale?.op === "scale" && scale.inputs[0] === norm.inputs[0];
}

function fusedNorm(
  emit: Emitter,
  x: Handle,
  gains: readonly Handle[],
  { eps, center }: { readonly eps: number; readonly center: boolean },
): string {
  const width = Number(x.axes.at(-1)!.size);
  const [w = ones(emit, width), ...bias] = gains.map(({ tensor }) => tensor);
  const type = center ? "LayerNormalization" : "SimplifiedLayerNormalization";
  return emit.node(type, [x.tensor, w, ...bias], { axis: -1, epsilon: { float: eps } });
}

function ones(emit: Emitter, width: number): string {
  return emit.floats(new Array<number>(width).fill(1));
}

function lowerScale(
  emit: Emitter,
  x: Handle,
  { eps, center }: { readonly eps: number; readonly center: boolean },
): string {
  const centered = center ? lessMean(emit, x.tensor) : x.tensor;
  const square = emit.node("Mul", [centered, centered]);
  const variance = emit.node("ReduceMean", [square, emit.integers([-1])], { keepdims: 1 });
  return emit.node("Sqrt", [emit.node("Add", [variance, emit.floats([eps], [])])]);
}

function lessMean(emit: Emitter, x: string): string {
  return emit.node("Sub", [x, emit.node("ReduceMean", [x, emit.integers([-1])], { keepdims: 1 })]);
}
