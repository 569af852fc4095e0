/** @file A Program whose weights are no longer a checkpoint's: they come in as one vector, so that a step can change them. */
import { builder } from "../graph/builder.ts";
import type { Op } from "../graph/ops.ts";
import { prune, type Program, type Weight } from "../graph/program.ts";
import type { Axis } from "../graph/axes.ts";

/** The input that holds all weights: [parameter]. */
export const PARAMETERS = "parameters";
const AXIS = "parameter";

/** Where a weight lies in the vector of parameters. */
export interface Parameter {
  readonly weight: Weight;
  /** Its axes in the order of the vector: the order in which the Program reads it, which may not be the stored one. */
  readonly axes: readonly Axis[];
  readonly start: number;
  readonly end: number;
}

export interface Trainable {
  /** Has the input `parameters` and no weights; every weight is a value under its own name. */
  readonly program: Program;
  readonly parameters: readonly Parameter[];
}

/**
 * Turn the weights that the outputs need into parts of one input vector.
 *
 * One vector instead of one input per weight: the optimiser is then a few operations on long vectors and not a few for
 * each of many short ones, and only one array crosses the border to the engine.
 *
 * @param first weights that come first in the vector, such as those that decay
 * @param parameters where the weights lie, if another Program has decided it: the same vector serves both
 */
export function trainable(
  program: Program,
  {
    first = () => true,
    parameters: sharedParameters,
  }: {
    readonly first?: ((weight: Weight) => boolean) | undefined;
    readonly parameters?: readonly Parameter[] | undefined;
  } = {},
): Trainable {
  const pruned = prune(program);
  const inOrder = [
    ...pruned.weights.filter(first),
    ...pruned.weights.filter((weight) => !first(weight)),
  ];
  const parameters = sharedParameters ?? placeParameters(pruned, inOrder);
  const b = builder();
  b.input(PARAMETERS, "float32", { [AXIS]: parameters.at(-1)?.end ?? 0 });
  for (const { weight, axes, start, end } of parameters) {
    const part = b.op("slice", [PARAMETERS], { axis: AXIS, start, end }, `${weight.name}.part`);
    b.op("splitAxis", [part], { axis: AXIS, into: axes }, weight.name);
  }
  const read = b.program([]);
  const whole: Program = {
    ...pruned,
    inputs: [...pruned.inputs, ...read.inputs],
    weights: [],
    ops: [...read.ops, ...pruned.ops],
  };
  return { program: whole, parameters };
}

function placeParameters(program: Program, weights: readonly Weight[]): Parameter[] {
  let end = 0;
  return weights.map((weight) => {
    const axes = axesAsRead(program, weight);
    const start = end;
    end += axes.reduce((product, { size }) => product * Number(size), 1);
    return { weight, axes, start, end };
  });
}

/** Axes that are summed over first, then the others in the order of the result: no transposes at every step. */
function axesAsRead(program: Program, { name, axes }: Weight): readonly Axis[] {
  const readers = program.ops.filter(({ inputs }) => inputs.includes(name));
  const [reader] = readers;
  const isFactor = (op: Op) => op.op === "contract" && op.inputs[2] !== name;
  if (reader?.op !== "contract" || !readers.every(isFactor)) return axes;
  const into = reader.attributes.axes;
  const readAxes = axes.filter((axis) => into.includes(axis.name));
  return [
    ...axes.filter((axis) => !into.includes(axis.name)),
    ...readAxes.toSorted((a, b) => into.indexOf(a.name) - into.indexOf(b.name)),
  ];
}

/** The numbers of `data`, which has the axes `from`, in the order of the axes `to`. */
export function reorderWeights(
  data: Float32Array,
  from: readonly Axis[],
  to: readonly Axis[],
): Float32Array {
  const strides = new Map<string, number>();
  from.reduceRight((stride, { name, size }) => {
    strides.set(name, stride);
    return stride * Number(size);
  }, 1);
  const out = new Float32Array(data.length);
  for (let index = 0; index < out.length; index++) {
    let rest = index;
    let source = 0;
    for (const { name, size } of to.toReversed()) {
      source += (rest % Number(size)) * strides.get(name)!;
      rest = Math.floor(rest / Number(size));
    }
    out[index] = data[source]!;
  }
  return out;
}

/** The vector of parameters from tensors by their name in the checkpoint. */
export function gatherWeights(
  parameters: readonly Parameter[],
  weights: ReadonlyMap<string, Float32Array>,
): Float32Array {
  const all = new Float32Array(parameters.at(-1)?.end ?? 0);
  for (const { weight, axes, start } of parameters) {
    const tensor = weights.get(nameOf(weight))!;
    const own = weight.select ? placesOf(weight).map((place) => tensor[place]!) : tensor;
    all.set(reorderWeights(Float32Array.from(own), weight.axes, axes), start);
  }
  return all;
}

/** Tensors by their name in the checkpoint from the vector of parameters; several weights may be parts of one. */
export function scatterWeights(
  parameters: readonly Parameter[],
  all: Float32Array,
): Map<string, Float32Array> {
  const tensors = new Map<string, Float32Array>();
  for (const { weight, axes, start, end } of parameters) {
    const name = nameOf(weight);
    const tensor = tensors.get(name) ?? new Float32Array(entriesOf(weight.layout));
    const own = reorderWeights(all.subarray(start, end), axes, weight.axes);
    if (weight.select) placesOf(weight).forEach((place, at) => (tensor[place] = own[at]!));
    else tensor.set(own);
    tensors.set(name, tensor);
  }
  return tensors;
}

/** Where the entries of a weight lie in its tensor, in the order of its own axes. */
function placesOf({ layout, select = [] }: Weight): Float64Array {
  let places = [0];
  let stride = entriesOf(layout);
  for (const { name, size } of layout) {
    stride /= Number(size);
    const chosen = select.find(({ axis }) => axis === name);
    const [first, count] =
      chosen === undefined
        ? [0, Number(size)]
        : "index" in chosen
          ? [chosen.index, 1]
          : [chosen.start, chosen.length];
    const along = Array.from({ length: count }, (_, index) => (first + index) * stride);
    places = places.flatMap((place) => along.map((offset) => place + offset));
  }
  return Float64Array.from(places);
}

function entriesOf(axes: readonly Axis[]): number {
  return axes.reduce((product, { size }) => product * Number(size), 1);
}

/** The name in the checkpoint of the tensor in memory that a weight lies in. */
function nameOf({ stored }: Weight): string {
  return stored.source.name;
}
