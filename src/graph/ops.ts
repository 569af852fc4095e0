/**
 * @file The op table: every operation a Program can have, what it means, and its shape rule.
 *
 * Values have named axes, and operations are told axes by name. The meaning of each operation in numbers is the float64
 * interpreter in test/graph/interpreter.ts; its ONNX form is in graph/onnx/lower*.ts.
 */
import type { Axis, ValueType } from "./axes.ts";
import { formatAxes } from "./axes.ts";

/** Attributes of every operation, with its meaning. `x` is the first input. */
export interface OpAttributes {
  /** a, b[, bias]: sum of products over the axes that a and b share and `axes` lacks, times `scale`, plus bias. */
  contract: { readonly axes: readonly string[]; readonly scale?: number };
  /** table, ids: rows of the first axis of table, one for each id. */
  gather: Record<never, never>;
  /**
   * x, indices: entries of `axis` of x in the order of the one-axis indices, whose axis symbol sizes the result. `merge`:
   * neighbouring axes of x that count as one, row by row, which is called `axis` from then on.
   */
  take: Taking;
  /** x, ids: for each id the entry of x's last axis; ids has x's other axes, and may have one more for several ids. */
  pick: Record<never, never>;
  /** Element by element; the axes of one input may be some of the other's, in the same order. */
  add: Record<never, never>;
  sub: Record<never, never>;
  mul: Record<never, never>;
  div: Record<never, never>;
  /** choose, a, b: a where choose is true, else b: never a blend. */
  where: Record<never, never>;
  exp: Record<never, never>;
  log: Record<never, never>;
  sqrt: Record<never, never>;
  tanh: Record<never, never>;
  relu: Record<never, never>;
  sigmoid: Record<never, never>;
  /** x * normal distribution function of x; `tanh`: its approximation by tanh (GPT-2's gelu_new). */
  gelu: { readonly approximate: "none" | "tanh" };
  /** x * sigmoid(beta x): SiLU with beta 1, OpenAI's quick GELU with 1.702. */
  silu: { readonly beta?: number };
  /** log(1 + exp x). */
  softplus: Record<never, never>;
  /** x, but at least `low` and at most `high`. */
  clamp: { readonly low?: number; readonly high?: number };
  /** exp(x) / sum of exp(x) over `axis`. */
  softmax: { readonly axis: string };
  /** log of the sum of exp(x) over `axis`, which is removed. */
  logSumExp: { readonly axis: string };
  sum: { readonly axes: readonly string[] };
  mean: { readonly axes: readonly string[] };
  /** sqrt(mean of squares over the last axis + eps), the axis kept with size 1; `center`: of x minus its mean. */
  scale: { readonly eps: number; readonly center: boolean };
  /** x, scale[, w, b]: (x, minus its mean if `center`) / scale * w + b over the last axis. */
  norm: { readonly eps: number; readonly center: boolean };
  /** x, w: x * w over the last axis, where x is normalised: RMS norm's gain. */
  gain: Record<never, never>;
  /** x, cos, sin: rotate pairs of the last axis; pairs are (i, i + n) or, `interleaved`, (2i, 2i + 1); the rest passes. */
  rotary: { readonly interleaved: boolean };
  slice: { readonly axis: string; readonly start: number; readonly end: number };
  /** Inputs one after the other along `axis`. */
  concat: { readonly axis: string };
  /** One axis becomes several, outermost first. */
  splitAxis: { readonly axis: string; readonly into: readonly Axis[] };
  /** Neighbouring axes become one. */
  mergeAxes: { readonly axes: readonly string[]; readonly into: string };
  /** The same axes in another order. */
  transpose: { readonly axes: readonly string[] };
  /** The same numbers under other axis names: old name -> new name. */
  rename: { readonly names: Readonly<Record<string, string>> };
  /** Each entry of `axis` `times` times in a row; the axis is called `into` from then on. */
  repeat: { readonly axis: string; readonly times: number; readonly into: string };
  /** a, b: whether a > b, a bool. */
  greater: Record<never, never>;
  /** 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. */
  erf: Record<never, never>;
  /** x, like: x over all axes of like; x's axes are some of them, in the same order, and size 1 stretches. */
  stretch: Record<never, never>;
  /** How many entries `axes` have together, a float32 without axes. */
  count: { readonly axes: readonly string[] };
  /** Zeros put before and after the entries of `axis`. */
  pad: { readonly axis: string; readonly before: number; readonly after: number };
  /** The entry that is `by` places before along `axis`, which may have any size (`by` below 0: after it); 0 where there is none. */
  shift: { readonly axis: string; readonly by: number };
  /** The sum of all entries up to each along `axis`, itself included; `reverse`: from each on. */
  cumulate: { readonly axis: string; readonly reverse?: boolean };
  /**
   * x [..., axis, channel], w [channel, tap]: causal convolution of each channel by itself, the sum over j of
   * w[channel, j] x[t - (taps - 1 - j)], 0 before the first; `reverse`: of w[channel, j] x[t + (taps - 1 - j)].
   */
  convolve: { readonly axis: string; readonly reverse?: boolean };
  /** a, u: h[t] = a[t] h[t - 1] + u[t] along `axis`, from 0; `reverse`: h[t] = a[t + 1] h[t + 1] + u[t]. */
  recur: { readonly axis: string; readonly reverse?: boolean };
  /** Places (int32) of the `count` largest entries of the last axis, largest first, along the axis `into` in its place. */
  topK: { readonly count: number; readonly into: string };
  /** ids: 1 where the new last axis' place is the id, else 0. */
  oneHot: { readonly axis: string; readonly size: number };
  /**
   * x, ids, W 0, W 1, ...: x times the matrix that the id names, over x's last axis, which the matrices have beside one
   * more. ids has the axes of the result but the last; x has them too, or all but the last of them.
   */
  routed: Record<never, never>;
  /** base, ids, rows: each row added to the row of base that its id names: gather turned round. */
  addGathered: Record<never, never>;
  /** base, indices, x: entries of `axis` of x added to the entries of base that indices name: take turned round. */
  addTaken: Taking;
  /** base, ids, x: each x added to the entry of base's last axis that its id names: pick turned round. */
  addPicked: Record<never, never>;
}

interface Taking {
  readonly axis: string;
  readonly merge?: readonly string[] | undefined;
}

export type OpName = keyof OpAttributes;

/** One operation: what it is, what it reads, the one value it makes. */
export type Op = {
  readonly [Name in OpName]: {
    readonly op: Name;
    readonly inputs: readonly string[];
    readonly output: string;
    readonly attributes: OpAttributes[Name];
  };
}[OpName];

type Rule<Name extends OpName> = (
  inputs: readonly ValueType[],
  attributes: OpAttributes[Name],
  fail: (problem: string) => never,
) => ValueType;

/** The type of the value that `op` makes. A wrong shape is our fault, not the user's: a plain Error. */
export function inferType(op: Op, inputs: readonly ValueType[]): ValueType {
  const fail = (problem: string): never => {
    const shapes = inputs.map(({ axes }, index) => `${op.inputs[index]} ${formatAxes(axes)}`);
    throw new Error(`internal: ${op.output}: ${op.op} ${problem}; inputs: ${shapes.join("; ")}`);
  };
  const [least, most] = INPUT_COUNTS[op.op] ?? [1, 1];
  if (inputs.length < least || inputs.length > most) fail(`takes ${least} to ${most} inputs`);
  const { type, axes } = (RULES[op.op] as Rule<OpName>)(inputs, op.attributes, fail);
  return { type, axes };
}

const INPUT_COUNTS: Partial<Record<OpName, readonly [number, number]>> = {
  contract: [2, 3],
  gather: [2, 2],
  take: [2, 2],
  pick: [2, 2],
  add: [2, 2],
  sub: [2, 2],
  mul: [2, 2],
  div: [2, 2],
  where: [3, 3],
  norm: [2, 4],
  gain: [2, 2],
  rotary: [3, 3],
  concat: [1, Infinity],
  greater: [2, 2],
  convolve: [2, 2],
  recur: [2, 2],
  stretch: [2, 2],
  routed: [3, Infinity],
  addGathered: [3, 3],
  addTaken: [3, 3],
  addPicked: [3, 3],
};

const RULES: { readonly [Name in OpName]: Rule<Name> } = {
  contract: contractRule,
  gather: ([table, ids]) => ({ ...table!, axes: [...ids!.axes, ...table!.axes.slice(1)] }),
  take: ([x, indices], attributes, fail) => takenFrom(x!, indices!, attributes, fail),
  pick: ([x, ids], _, fail) => {
    sameAxes(x!.axes.slice(0, -1), pickedFrom(x!, ids!), fail);
    return { ...x!, axes: ids!.axes };
  },
  add: elementwise,
  sub: elementwise,
  mul: elementwise,
  div: elementwise,
  where: ([choose, a, b], _, fail) => {
    const values = elementwise([a!, b!], {}, fail);
    return {
      ...values,
      axes: elementwise([{ ...choose!, type: values.type }, values], {}, fail).axes,
    };
  },
  exp: unary,
  log: unary,
  sqrt: unary,
  tanh: unary,
  relu: unary,
  sigmoid: unary,
  gelu: unary,
  silu: unary,
  softplus: unary,
  clamp: unary,
  softmax: ([x], { axis }, fail) => (axisOf(x!, axis, fail), x!),
  logSumExp: ([x], { axis }, fail) => replaceAxis(x!, axis, [], fail),
  sum: reduction,
  mean: reduction,
  scale: ([x]) => ({
    ...x!,
    axes: [...x!.axes.slice(0, -1), { name: x!.axes.at(-1)!.name, size: 1 }],
  }),
  norm: ([x, scale, ...gains], _, fail) => {
    elementwise([x!, scale!], {}, fail);
    for (const gain of gains) sameAxes(gain.axes, x!.axes.slice(-1), fail);
    return x!;
  },
  gain: ([x, w], _, fail) => (sameAxes(w!.axes, x!.axes.slice(-1), fail), x!),
  rotary: ([x, cos, sin], _, fail) => {
    sameAxes(cos!.axes, sin!.axes, fail);
    const [rotated, width] = [cos!.axes.at(-1)!.size, x!.axes.at(-1)!.size];
    if (2 * Number(rotated) > Number(width)) fail("rotates more entries than the last axis has");
    const [{ name }] = cos!.axes as readonly [Axis, ...Axis[]];
    const place = x!.axes.findIndex((axis) => axis.name === name);
    if (cos!.axes.length !== 2 || place < 0 || place === x!.axes.length - 1)
      fail("needs tables of an axis before the last, and pairs");
    sameAxes(cos!.axes.slice(0, 1), x!.axes.slice(place, place + 1), fail);
    return x!;
  },
  slice: ([x], { axis, start, end }, fail) => {
    const { size } = axisOf(x!, axis, fail);
    if (typeof size !== "number" || start < 0 || end > size || start >= end)
      fail(`cannot cut ${start}..${end}`);
    return replaceAxis(x!, axis, [{ name: axis, size: end - start }], fail);
  },
  concat: (inputs, { axis }, fail) => {
    const others = (value: ValueType) => value.axes.filter(({ name }) => name !== axis);
    for (const input of inputs) sameAxes(others(input), others(inputs[0]!), fail);
    const sizes = inputs.map((input) => axisOf(input, axis, fail).size);
    const size = sizes.reduce<number>(
      (total, each) => (typeof each === "number" ? total + each : fail("needs known sizes")),
      0,
    );
    return replaceAxis(inputs[0]!, axis, [{ name: axis, size }], fail);
  },
  splitAxis: ([x], { axis, into }, fail) => {
    const { size } = axisOf(x!, axis, fail);
    if (sizeTogether(into) !== size) fail(`cannot split ${size}`);
    return replaceAxis(x!, axis, into, fail);
  },
  mergeAxes: ([x], { axes, into }, fail) => {
    const first = neighbours(x!, axes, fail);
    const merged = x!.axes.slice(first, first + axes.length);
    const size = sizeTogether(merged) ?? fail("needs known sizes");
    return {
      ...x!,
      axes: [
        ...x!.axes.slice(0, first),
        { name: into, size },
        ...x!.axes.slice(first + axes.length),
      ],
    };
  },
  transpose: ([x], { axes }, fail) => {
    if (axes.length !== x!.axes.length) fail(`needs every axis once, got ${axes.join(", ")}`);
    return { ...x!, axes: axes.map((name) => axisOf(x!, name, fail)) };
  },
  rename: ([x], { names }, fail) => {
    for (const name of Object.keys(names)) axisOf(x!, name, fail);
    return { ...x!, axes: x!.axes.map(({ name, size }) => ({ name: names[name] ?? name, size })) };
  },
  repeat: ([x], { axis, times, into }, fail) => {
    const { size } = axisOf(x!, axis, fail);
    if (typeof size !== "number") fail("needs a known size");
    return replaceAxis(x!, axis, [{ name: into, size: Number(size) * times }], fail);
  },
  greater: (inputs, _, fail) => ({ ...elementwise(inputs, _, fail), type: "bool" }),
  erf: unary,
  stretch: ([x, like], _, fail) => {
    sameAxes(elementwise([x!, { ...like!, type: x!.type }], _, fail).axes, like!.axes, fail);
    return { ...x!, axes: like!.axes };
  },
  count: ([x], { axes }, fail) => {
    for (const axis of axes) axisOf(x!, axis, fail);
    return { type: "float32", axes: [] };
  },
  pad: ([x], { axis, before, after }, fail) => {
    const { size } = axisOf(x!, axis, fail);
    if (typeof size !== "number") fail("needs a known size");
    return replaceAxis(x!, axis, [{ name: axis, size: before + Number(size) + after }], fail);
  },
  shift: ([x], { axis }, fail) => (axisOf(x!, axis, fail), x!),
  cumulate: ([x], { axis }, fail) => (axisOf(x!, axis, fail), x!),
  convolve: ([x, w], { axis }, fail) => {
    if (x!.axes.length < 2 || x!.axes.at(-2)!.name !== axis)
      fail(`needs ${axis} before the last axis`);
    if (w!.axes.length !== 2) fail("needs weights [channel, tap]");
    sameAxes(x!.axes.slice(-1), w!.axes.slice(0, 1), fail);
    return x!;
  },
  recur: ([a, u], { axis }, fail) => {
    axisOf(u!, axis, fail);
    sameAxes(a!.axes, u!.axes, fail);
    return u!;
  },
  topK: ([x], { count, into }, fail) => {
    const { size } = x!.axes.at(-1)!;
    if (typeof size !== "number" || count < 1 || count > size) fail(`cannot take ${count}`);
    return { type: "int32", axes: [...x!.axes.slice(0, -1), { name: into, size: count }] };
  },
  oneHot: ([ids], { axis, size }) => ({
    type: "float32",
    axes: [...ids!.axes, { name: axis, size }],
  }),
  routed: ([x, ids, ...matrices], _, fail) => {
    const last = x!.axes.at(-1)!;
    const outer = x!.axes.slice(0, -1);
    sameAxes(outer, ids!.axes.slice(0, outer.length), fail);
    if (ids!.axes.length - outer.length > 1) fail("needs ids with at most one axis more than x");
    for (const matrix of matrices) sameAxes(matrix.axes, matrices[0]!.axes, fail);
    const [outputAxis, ...others] = matrices[0]!.axes.filter(({ name }) => name !== last.name);
    if (
      axisOf(matrices[0]!, last.name, fail).size !== last.size ||
      !outputAxis ||
      others.length > 0
    )
      fail(`needs matrices with ${last.name} and one more axis`);
    return { ...x!, axes: [...ids!.axes, outputAxis!] };
  },
  addGathered: ([base, ids, rows], _, fail) => {
    sameAxes([...ids!.axes, ...base!.axes.slice(1)], rows!.axes, fail);
    return base!;
  },
  addTaken: ([base, indices, x], attributes, fail) => {
    sameAxes(takenFrom(base!, indices!, attributes, fail).axes, x!.axes, fail);
    return base!;
  },
  addPicked: ([base, ids, x], _, fail) => {
    sameAxes(base!.axes.slice(0, -1), pickedFrom(base!, ids!), fail);
    sameAxes(ids!.axes, x!.axes, fail);
    return base!;
  },
};

/** What `take` makes: `axis`, or the axes that it merges, with as many entries as there are indices. */
function takenFrom(
  x: ValueType,
  indices: ValueType,
  { axis, merge = [axis] }: Taking,
  fail: (problem: string) => never,
): ValueType {
  if (indices.axes.length !== 1) fail("needs indices with one axis");
  const first = neighbours(x, merge, fail);
  const newAxis = { name: axis, size: indices.axes[0]!.size };
  return { ...x, axes: x.axes.toSpliced(first, merge.length, newAxis) };
}

/** Where the axes `names` begin, which must lie side by side in this order. */
function neighbours(
  { axes }: ValueType,
  names: readonly string[],
  fail: (problem: string) => never,
): number {
  const first = axes.findIndex(({ name }) => name === names[0]);
  if (first < 0 || names.some((name, index) => name !== axes[first + index]?.name))
    fail(`has no neighbours ${names.join(", ")}`);
  return first;
}

/** How many entries axes have together: a number, or a symbol beside axes of size 1; null for other products. */
function sizeTogether(axes: readonly Axis[]): number | string | null {
  const symbols = axes.flatMap(({ size }) => (typeof size === "string" ? [size] : []));
  const factor = axes.reduce(
    (product, { size }) => (typeof size === "number" ? product * size : product),
    1,
  );
  if (symbols.length === 0) return factor;
  return symbols.length === 1 && factor === 1 ? symbols[0]! : null;
}

/** The axes of ids that x has too. */
function pickedFrom(x: ValueType, ids: ValueType): readonly Axis[] {
  return ids.axes.length === x.axes.length ? ids.axes.slice(0, -1) : ids.axes;
}

function contractRule(
  [a, b, bias]: readonly ValueType[],
  { axes }: OpAttributes["contract"],
  fail: (problem: string) => never,
): ValueType {
  const all = [...a!.axes, ...b!.axes];
  for (const axis of a!.axes) {
    const other = b!.axes.find(({ name }) => name === axis.name);
    if (other && other.size !== axis.size)
      fail(`finds axis ${axis.name} with sizes ${axis.size} and ${other.size}`);
    if (!other && !axes.includes(axis.name)) fail(`would lose axis ${axis.name}`);
  }
  for (const axis of b!.axes) {
    if (!a!.axes.some(({ name }) => name === axis.name) && !axes.includes(axis.name))
      fail(`would lose axis ${axis.name}`);
  }
  const result = axes.map(
    (name) => all.find((axis) => axis.name === name) ?? fail(`has no axis ${name}`),
  );
  const value = { type: a!.type, axes: result };
  if (bias && elementwise([value, bias], {}, fail).axes.length !== axes.length)
    fail("has a bias with other axes");
  return value;
}

function unary([x]: readonly ValueType[]): ValueType {
  return x!;
}

/** Broadcasting by name: the shorter input's axes are some of the longer's, in the same order; size 1 stretches. */
function elementwise(
  inputs: readonly ValueType[],
  _: unknown,
  fail: (problem: string) => never,
): ValueType {
  const [a, b] = inputs as [ValueType, ValueType];
  const [long, short] = a.axes.length >= b.axes.length ? [a, b] : [b, a];
  if (a.type !== b.type) fail(`needs one number type, got ${a.type} and ${b.type}`);
  let from = 0;
  const axes = long.axes.map((axis) => {
    const other = short.axes[from];
    if (other?.name !== axis.name) return axis;
    from++;
    if (other.size !== axis.size && other.size !== 1 && axis.size !== 1) {
      fail(`finds axis ${axis.name} with sizes ${axis.size} and ${other.size}`);
    }
    return axis.size === 1 ? other : axis;
  });
  if (from < short.axes.length)
    fail(`cannot broadcast ${formatAxes(short.axes)} to ${formatAxes(long.axes)}`);
  return { type: long.type, axes };
}

function reduction(
  [x]: readonly ValueType[],
  { axes }: { readonly axes: readonly string[] },
  fail: (problem: string) => never,
): ValueType {
  for (const axis of axes) axisOf(x!, axis, fail);
  return { ...x!, axes: x!.axes.filter(({ name }) => !axes.includes(name)) };
}

function axisOf(value: ValueType, name: string, fail: (problem: string) => never): Axis {
  return value.axes.find((axis) => axis.name === name) ?? fail(`has no axis ${name}`);
}

function replaceAxis(
  value: ValueType,
  name: string,
  by: readonly Axis[],
  fail: (problem: string) => never,
): ValueType {
  axisOf(value, name, fail);
  return { ...value, axes: value.axes.flatMap((axis) => (axis.name === name ? by : [axis])) };
}

function sameAxes(a: readonly Axis[], b: readonly Axis[], fail: (problem: string) => never): void {
  if (
    a.length !== b.length ||
    a.some((axis, index) => axis.name !== b[index]!.name || axis.size !== b[index]!.size)
  ) {
    fail(`needs equal axes, got ${formatAxes(a)} and ${formatAxes(b)}`);
  }
}
