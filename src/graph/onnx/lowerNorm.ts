/**
 * @file Norms. ONNX Runtime's fused kernels are used wherever the scale is the norm's own, and give the scale too; a scale
 * that an edit changed (a frozen norm) is divided by in the open. Capturing a scale adds a node and changes no number.
 */
import type { Op } from "../ops.ts";
import type { Emitter, Handle } from "./emitter.ts";
import { alignAxes } from "./shapes.ts";

type NormOp = Extract<Op, { op: "norm" | "gain" | "scale" }>;
type ScaleOp = Extract<Op, { op: "scale" }>;
type Norm = Extract<Op, { op: "norm" }>;

/** The values around a norm. */
export interface Surroundings {
  /** The operation that makes each value: a scale may be untouched. */
  readonly producers: ReadonlyMap<string, Op>;
  /** The operations that read each value: the norm that a scale belongs to. */
  readonly readers: ReadonlyMap<string, readonly Op[]>;
  readonly handles: ReadonlyMap<string, Handle>;
}

/** Whether `reader` of what `maker` makes runs as one kernel with it, so that both have to be in one graph. */
export function shareKernel(maker: Op, reader: Op): boolean {
  return (
    (maker.op === "scale" && reader.op === "norm") || (maker.op === "norm" && reader.op === "gain")
  );
}

export function lowerNorm(
  emit: Emitter,
  op: NormOp,
  inputs: readonly Handle[],
  around: Surroundings,
): string {
  if (op.op === "scale") return emit.node("Reciprocal", [statistics(emit, op, around).inverse]);
  if (op.op === "gain") return lowerGain(emit, op, inputs, around);
  const scale = ownScale(op, around);
  if (!scale) return inTheOpen(emit, op, inputs);
  const stats = statistics(emit, scale, around);
  if (stats.of === op.output) return stats.normalized;
  if (inputs.length > 2) return fusedNorm(emit, inputs[0]!, inputs.slice(2), op).normalized;
  const centered = op.attributes.center
    ? emit.node("Sub", [inputs[0]!.tensor, stats.mean])
    : inputs[0]!.tensor;
  return emit.node("Mul", [centered, stats.inverse]);
}

/** The gain of a norm without one is left to the fused kernel. */
function lowerGain(
  emit: Emitter,
  op: NormOp,
  [x, w]: readonly Handle[],
  around: Surroundings,
): string {
  const normed = around.producers.get(op.inputs[0]!);
  if (normed?.op !== "norm" || normed.inputs.length > 2 || !ownScale(normed, around))
    return emit.node("Mul", [x!.tensor, w!.tensor]);
  return fusedNorm(emit, around.handles.get(normed.inputs[0]!)!, [w!], normed).normalized;
}

function inTheOpen(
  emit: Emitter,
  { attributes }: Norm,
  [x, scale, w, b]: readonly Handle[],
): string {
  const centered = attributes.center ? lessMean(emit, x!.tensor) : x!.tensor;
  const normalized = emit.node("Div", [centered, alignAxes(emit, scale!, x!.axes)]);
  const scaled = w ? emit.node("Mul", [normalized, w.tensor]) : normalized;
  return b ? emit.node("Add", [scaled, b.tensor]) : scaled;
}

/** The operation that makes the norm's scale from the norm's own x; undefined if it comes from elsewhere. */
function ownScale({ inputs }: Norm, { producers }: Surroundings): ScaleOp | undefined {
  const scale = producers.get(inputs[1]!);
  return scale?.op === "scale" && scale.inputs[0] === inputs[0] ? scale : undefined;
}

interface Statistics {
  readonly normalized: string;
  /** Kept with size 1; of no use where nothing is subtracted. */
  readonly mean: string;
  /** 1 / scale, kept with size 1. */
  readonly inverse: string;
}

/** What the fused kernel finds out on the way, from the first norm `of` this scale: one kernel for both. */
function statistics(
  emit: Emitter,
  scale: ScaleOp,
  around: Surroundings,
): Statistics & { readonly of: string | undefined } {
  const norm = around.readers
    .get(scale.output)
    ?.find((op) => op.op === "norm" && ownScale(op, around) === scale);
  const gains = norm?.inputs.slice(2).map((name) => around.handles.get(name));
  const ready = gains?.every((gain) => gain !== undefined) ? gains : undefined;
  const x = around.handles.get(scale.inputs[0]!)!;
  const key = `statistics ${scale.output}`;
  const names = { normalized: key, mean: `${key} mean`, inverse: `${key} inverse` };
  emit.once(key, () => {
    const isGiven = scale.attributes.center || emit.has.rmsScale;
    if (!isGiven) rmsInverse(emit, x, scale.attributes.eps, names.inverse);
    return fusedNorm(emit, x, ready ?? [], scale, isGiven ? names : { normalized: key }).normalized;
  });
  return { ...names, of: ready && norm?.output };
}

/** 1 / sqrt(mean(x^2) + eps), as `name`. */
function rmsInverse(emit: Emitter, { tensor: x }: Handle, eps: number, name: string): string {
  const squares = emit.node("Mul", [x, x]);
  const mean = emit.node("ReduceMean", [squares, emit.integers([-1])], { keepdims: 1 });
  const scale = emit.node("Sqrt", [emit.node("Add", [mean, emit.floats([eps], [])])]);
  return emit.node("Reciprocal", [scale], {}, name);
}

function fusedNorm(
  emit: Emitter,
  x: Handle,
  gains: readonly Handle[],
  { attributes: { eps, center } }: ScaleOp | Norm,
  names?: Pick<Statistics, "normalized"> & Partial<Statistics>,
): { readonly normalized: string } {
  const width = Number(x.axes.at(-1)!.size);
  const [w = ones(emit, width), ...bias] = gains.map(({ tensor }) => tensor);
  const type = center ? "LayerNormalization" : "SimplifiedLayerNormalization";
  const { mean, inverse } = names ?? {};
  const more = inverse === undefined ? undefined : center ? [mean!, inverse] : [inverse];
  const attributes = { axis: -1, epsilon: { float: eps } };
  const normalized = emit.node(
    type,
    [x.tensor, w, ...bias],
    attributes,
    names?.normalized,
    "",
    more,
  );
  return { normalized };
}

function ones(emit: Emitter, width: number): string {
  return emit.floats(new Array<number>(width).fill(1));
}

function lessMean(emit: Emitter, x: string): string {
  return emit.node("Sub", [x, emit.node("ReduceMean", [x, emit.integers([-1])], { keepdims: 1 })]);
}
