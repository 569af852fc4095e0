/**
 * @file What every operation of a Program means, in float64 and as plainly as possible: the oracle of lowering and of
 * gradients. Test only: it loops over every index and is slow.
 */
import type { Op, OpAttributes, OpName } from "../../src/graph/ops.ts";
import { typesOf, type Program } from "../../src/graph/program.ts";
import type { ValueType } from "../../src/graph/axes.ts";

export interface Numbers {
  readonly axes: readonly string[];
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export function numbers(
  axes: readonly string[],
  shape: readonly number[],
  data: ArrayLike<number>,
): Numbers {
  return { axes, shape, data: Float64Array.from(data) };
}

/** All values of a run by name; `feeds` has every input and weight. */
export function interpret(
  program: Program,
  feeds: ReadonlyMap<string, Numbers>,
): Map<string, Numbers> {
  const values = new Map(feeds);
  const types = typesOf(program);
  for (const { name, axes, data } of program.constants) {
    values.set(
      name,
      numbers(
        axes.map((axis) => axis.name),
        axes.map(({ size }) => Number(size)),
        data,
      ),
    );
  }
  for (const op of program.ops) {
    const inputs = op.inputs.map((name) => values.get(name)!);
    values.set(
      op.output,
      (MEANINGS[op.op] as Meaning<OpName>)(inputs, op.attributes, types.get(op.output)!),
    );
  }
  return values;
}

type Place = Readonly<Record<string, number>>;
type Meaning<Name extends OpName> = (
  inputs: readonly Numbers[],
  attributes: OpAttributes[Name],
  type: ValueType,
) => Numbers;

/** A new array whose entry at each place is `entry(place)`. */
function build(
  axes: readonly string[],
  shape: readonly number[],
  entry: (place: Place) => number,
): Numbers {
  const size = shape.reduce((product, each) => product * each, 1);
  const data = new Float64Array(size);
  const place: Record<string, number> = {};
  for (let index = 0; index < size; index++) {
    let rest = index;
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      place[axes[axis]!] = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    data[index] = entry(place);
  }
  return { axes, shape, data };
}

/** The entry of `x` at a place that may have more axes; axes of size 1 stretch. */
function at(x: Numbers, place: Place): number {
  let index = 0;
  x.axes.forEach((axis, position) => {
    const size = x.shape[position]!;
    index = index * size + (size === 1 ? 0 : place[axis]!);
  });
  return x.data[index]!;
}

const lengthOf = (x: Numbers, axis: string) => x.shape[x.axes.indexOf(axis)]!;
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);
const last = (x: Numbers) => x.axes.at(-1)!;

function map(x: Numbers, entry: (value: number) => number): Numbers {
  return { ...x, data: x.data.map(entry) };
}

function zip(inputs: readonly Numbers[], entry: (...values: number[]) => number): Numbers {
  const axes = inputs.reduce(
    (longest, { axes }) => (axes.length > longest.length ? axes : longest),
    inputs[0]!.axes,
  );
  const shape = axes.map((axis) =>
    Math.max(...inputs.flatMap((x) => (x.axes.includes(axis) ? [lengthOf(x, axis)] : []))),
  );
  return build(axes, shape, (place) => entry(...inputs.map((x) => at(x, place))));
}

/** `reduce` of the entries along `over`, for every place of the other axes. */
function along(x: Numbers, over: readonly string[], reduce: (values: number[]) => number): Numbers {
  const axes = x.axes.filter((axis) => !over.includes(axis));
  return build(
    axes,
    axes.map((axis) => lengthOf(x, axis)),
    (place) => reduce(places(x, over).map((more) => at(x, { ...place, ...more }))),
  );
}

function places(x: Numbers, axes: readonly string[]): Place[] {
  return axes.reduce<Place[]>(
    (before, axis) =>
      before.flatMap((place) =>
        upTo(lengthOf(x, axis)).map((index) => ({ ...place, [axis]: index })),
      ),
    [{}],
  );
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;

/** erf by its series, or by the continued fraction of erfc beyond 2.5: accurate to 1e-15. */
export function erf(x: number): number {
  const z = Math.abs(x);
  let value = 0;
  if (z < 2.5) {
    let term = z;
    for (let n = 0; Math.abs(term) > 1e-18; n++) {
      value += term / (2 * n + 1);
      term *= (-z * z) / (n + 1);
    }
    value *= 2 / Math.sqrt(Math.PI);
  } else {
    let fraction = 0;
    for (let n = 60; n > 0; n--) fraction = n / 2 / (z + fraction);
    value = 1 - Math.exp(-z * z) / Math.sqrt(Math.PI) / (z + fraction);
  }
  return x < 0 ? -value : value;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const centered = (values: number[]) => values.map((value) => value - mean(values));

const MEANINGS: { readonly [Name in OpName]: Meaning<Name> } = {
  contract: ([a, b, bias], { axes, scale = 1 }) => {
    const sizeOf = (axis: string) => lengthOf(a!.axes.includes(axis) ? a! : b!, axis);
    const summed = a!.axes.filter((axis) => b!.axes.includes(axis) && !axes.includes(axis));
    const inner = places(a!, summed);
    return build(axes, axes.map(sizeOf), (place) => {
      const product = sum(
        inner.map((more) => at(a!, { ...place, ...more }) * at(b!, { ...place, ...more })),
      );
      return product * scale + (bias ? at(bias, place) : 0);
    });
  },
  gather: ([table, ids]) => {
    const inner = table!.axes.slice(1);
    const shape = [...ids!.shape, ...table!.shape.slice(1)];
    return build([...ids!.axes, ...inner], shape, (place) =>
      at(table!, { ...place, [table!.axes[0]!]: at(ids!, place) }),
    );
  },
  take: ([x, indices], { axis, merge = [axis] }) => {
    const axes = x!.axes.toSpliced(x!.axes.indexOf(merge[0]!), merge.length, axis);
    return build(
      axes,
      axes.map((each) => (each === axis ? indices!.shape[0]! : lengthOf(x!, each))),
      (place) => at(x!, { ...place, ...unmerged(x!, merge, indices!.data[place[axis]!]!) }),
    );
  },
  pick: ([x, ids]) =>
    build(ids!.axes, ids!.shape, (place) => at(x!, { ...place, [last(x!)]: at(ids!, place) })),
  add: (inputs) => zip(inputs, (a, b) => a + b),
  sub: (inputs) => zip(inputs, (a, b) => a - b),
  mul: (inputs) => zip(inputs, (a, b) => a * b),
  div: (inputs) => zip(inputs, (a, b) => a / b),
  where: (inputs) => zip(inputs, (choose, a, b) => (choose ? a : b)),
  exp: ([x]) => map(x!, Math.exp),
  log: ([x]) => map(x!, Math.log),
  sqrt: ([x]) => map(x!, Math.sqrt),
  tanh: ([x]) => map(x!, Math.tanh),
  relu: ([x]) => map(x!, (value) => Math.max(0, value)),
  sigmoid: ([x]) => map(x!, sigmoid),
  gelu: ([x], { approximate }) =>
    map(x!, (value) =>
      approximate === "tanh"
        ? 0.5 * value * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (value + 0.044715 * value ** 3)))
        : 0.5 * value * (1 + erf(value / Math.SQRT2)),
    ),
  silu: ([x], { beta = 1 }) => map(x!, (value) => value * sigmoid(beta * value)),
  softplus: ([x]) =>
    map(x!, (value) => Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value)))),
  clamp: ([x], { low = -Infinity, high = Infinity }) =>
    map(x!, (value) => Math.min(Math.max(value, low), high)),
  softmax: ([x], { axis }) => {
    const largest = along(x!, [axis], (values) => Math.max(...values));
    const raised = build(x!.axes, x!.shape, (place) =>
      Math.exp(at(x!, place) - at(largest, place)),
    );
    const total = along(raised, [axis], sum);
    return build(x!.axes, x!.shape, (place) => at(raised, place) / at(total, place));
  },
  logSumExp: ([x], { axis }) =>
    along(x!, [axis], (values) => {
      const largest = Math.max(...values);
      return largest + Math.log(sum(values.map((value) => Math.exp(value - largest))));
    }),
  sum: ([x], { axes }) => along(x!, axes, sum),
  mean: ([x], { axes }) => along(x!, axes, mean),
  scale: ([x], { eps, center }) => {
    const scale = along(x!, [last(x!)], (values) =>
      Math.sqrt(mean((center ? centered(values) : values).map((v) => v * v)) + eps),
    );
    return { axes: x!.axes, shape: [...scale.shape, 1], data: scale.data };
  },
  norm: ([x, scale, w, b], { center }) => {
    const means = along(x!, [last(x!)], mean);
    return build(x!.axes, x!.shape, (place) => {
      const value = (at(x!, place) - (center ? at(means, place) : 0)) / at(scale!, place);
      return value * (w ? at(w, place) : 1) + (b ? at(b, place) : 0);
    });
  },
  gain: (inputs) => zip(inputs, (x, w) => x * w),
  rotary: ([x, cos, sin], { interleaved }) => {
    const [axis, pairs] = [last(x!), cos!.shape.at(-1)!];
    return build(x!.axes, x!.shape, (place) => {
      const index = place[axis]!;
      if (index >= 2 * pairs) return at(x!, place);
      const pair = interleaved ? Math.floor(index / 2) : index % pairs;
      const isFirst = interleaved ? index % 2 === 0 : index < pairs;
      const [first, second] = interleaved ? [2 * pair, 2 * pair + 1] : [pair, pair + pairs];
      const turn = { ...place, [last(cos!)]: pair };
      const [a, b] = [at(x!, { ...place, [axis]: first }), at(x!, { ...place, [axis]: second })];
      return isFirst
        ? a * at(cos!, turn) - b * at(sin!, turn)
        : b * at(cos!, turn) + a * at(sin!, turn);
    });
  },
  slice: ([x], { axis, start, end }) =>
    build(
      x!.axes,
      x!.axes.map((each) => (each === axis ? end - start : lengthOf(x!, each))),
      (place) => at(x!, { ...place, [axis]: place[axis]! + start }),
    ),
  concat: (inputs, { axis }) => {
    const lengths = inputs.map((x) => lengthOf(x, axis));
    const shape = inputs[0]!.axes.map((each) =>
      each === axis ? sum(lengths) : lengthOf(inputs[0]!, each),
    );
    return build(inputs[0]!.axes, shape, (place) => {
      let index = place[axis]!;
      let part = 0;
      while (index >= lengths[part]!) index -= lengths[part++]!;
      return at(inputs[part]!, { ...place, [axis]: index });
    });
  },
  splitAxis: ([x], { axis, into }) => {
    const from = x!.axes.indexOf(axis);
    const replaceAxis = <Item>(list: readonly Item[], by: readonly Item[]) => [
      ...list.slice(0, from),
      ...by,
      ...list.slice(from + 1),
    ];
    return {
      axes: replaceAxis(
        x!.axes,
        into.map(({ name }) => name),
      ),
      shape: replaceAxis(
        x!.shape,
        into.map(({ size }) => (typeof size === "number" ? size : lengthOf(x!, axis))),
      ),
      data: x!.data,
    };
  },
  mergeAxes: ([x], { axes, into }) => {
    const from = x!.axes.indexOf(axes[0]!);
    const size = axes.reduce((product, axis) => product * lengthOf(x!, axis), 1);
    const replaceAxes = <Item>(list: readonly Item[], by: Item) => [
      ...list.slice(0, from),
      by,
      ...list.slice(from + axes.length),
    ];
    return { axes: replaceAxes(x!.axes, into), shape: replaceAxes(x!.shape, size), data: x!.data };
  },
  transpose: ([x], { axes }) =>
    build(
      axes,
      axes.map((axis) => lengthOf(x!, axis)),
      (place) => at(x!, place),
    ),
  rename: ([x], { names }) => ({ ...x!, axes: x!.axes.map((axis) => names[axis] ?? axis) }),
  repeat: ([x], { axis, times, into }, { axes }) =>
    build(
      axes.map(({ name }) => name),
      x!.axes.map((each) => lengthOf(x!, each) * (each === axis ? times : 1)),
      (place) => at(x!, { ...place, [axis]: Math.floor(place[into]! / times) }),
    ),
  greater: (inputs) => zip(inputs, (a, b) => (a > b ? 1 : 0)),
  erf: ([x]) => map(x!, erf),
  stretch: ([x, like]) => build(like!.axes, like!.shape, (place) => at(x!, place)),
  count: ([x], { axes }) =>
    numbers([], [], [axes.reduce((product, axis) => product * lengthOf(x!, axis), 1)]),
  pad: ([x], { axis, before, after }) =>
    build(
      x!.axes,
      x!.axes.map((each) => lengthOf(x!, each) + (each === axis ? before + after : 0)),
      (place) => {
        const index = place[axis]! - before;
        return index >= 0 && index < lengthOf(x!, axis) ? at(x!, { ...place, [axis]: index }) : 0;
      },
    ),
  shift: ([x], { axis, by }) =>
    build(x!.axes, x!.shape, (place) => orZero(x!, place, axis, place[axis]! - by)),
  cumulate: ([x], { axis, reverse = false }) =>
    build(x!.axes, x!.shape, (place) => {
      const whole = upTo(lengthOf(x!, axis));
      const summed = whole.filter((t) => (reverse ? t >= place[axis]! : t <= place[axis]!));
      return sum(summed.map((t) => at(x!, { ...place, [axis]: t })));
    }),
  convolve: ([x, w], { axis, reverse = false }) => {
    const tap = last(w!);
    const taps = lengthOf(w!, tap);
    return build(x!.axes, x!.shape, (place) =>
      sum(
        upTo(taps).map((j) => {
          const back = reverse ? j + 1 - taps : taps - 1 - j;
          return at(w!, { ...place, [tap]: j }) * orZero(x!, place, axis, place[axis]! - back);
        }),
      ),
    );
  },
  recur: ([a, u], { axis, reverse = false }) => {
    const h = (place: Place): number => {
      const t = place[axis]!;
      if (t < 0 || t >= lengthOf(u!, axis)) return 0;
      const next = { ...place, [axis]: reverse ? t + 1 : t - 1 };
      const beyond = next[axis]! < 0 || next[axis]! >= lengthOf(u!, axis);
      return at(u!, place) + (beyond ? 0 : at(a!, reverse ? next : place) * h(next));
    };
    return build(u!.axes, u!.shape, h);
  },
  topK: ([x], { count, into }) => {
    const axis = last(x!);
    const axes = [...x!.axes.slice(0, -1), into];
    return build(axes, [...x!.shape.slice(0, -1), count], (place) => {
      const valueAt = (index: number) => at(x!, { ...place, [axis]: index });
      const order = upTo(lengthOf(x!, axis)).sort((a, b) => valueAt(b) - valueAt(a) || a - b);
      return order[place[into]!]!;
    });
  },
  oneHot: ([ids], { axis, size }) =>
    build([...ids!.axes, axis], [...ids!.shape, size], (place) =>
      at(ids!, place) === place[axis] ? 1 : 0,
    ),
  routed: ([x, ids, ...matrices]) => {
    const from = last(x!);
    const outputAxis = matrices[0]!.axes.find((axis) => axis !== from)!;
    const shape = [...ids!.shape, lengthOf(matrices[0]!, outputAxis)];
    return build([...ids!.axes, outputAxis], shape, (place) => {
      const matrix = matrices[at(ids!, place)]!;
      const entries = upTo(lengthOf(x!, from)).map((index) => ({ ...place, [from]: index }));
      return sum(entries.map((entry) => at(x!, entry) * at(matrix, entry)));
    });
  },
  addGathered: ([base, ids, rows]) =>
    scattered(base!, rows!, (place) => ({ ...place, [base!.axes[0]!]: at(ids!, place) })),
  addTaken: ([base, indices, x], { axis, merge = [axis] }) =>
    scattered(base!, x!, (place) => ({
      ...place,
      ...unmerged(base!, merge, indices!.data[place[axis]!]!),
    })),
  addPicked: ([base, ids, x]) =>
    scattered(base!, x!, (place) => ({ ...place, [last(base!)]: at(ids!, place) })),
};

/** The entry of `x` at `place`, but at `index` of `axis`; 0 beyond its ends. */
function orZero(x: Numbers, place: Place, axis: string, index: number): number {
  return index >= 0 && index < lengthOf(x, axis) ? at(x, { ...place, [axis]: index }) : 0;
}

/** The place along each of `axes` that `index` names when they count as one, row by row. */
function unmerged(x: Numbers, axes: readonly string[], index: number): Place {
  return places(x, axes)[index]!;
}

/** `base` with every entry of `x` added at the place where `to` sends it. */
function scattered(base: Numbers, x: Numbers, to: (place: Place) => Place): Numbers {
  const data = base.data.slice();
  for (const place of places(x, x.axes)) {
    const target = to(place);
    const index = base.axes.reduce((i, axis) => i * lengthOf(base, axis) + target[axis]!, 0);
    data[index]! += at(x, place);
  }
  return { ...base, data };
}

/** The numbers of an operation alone, for tests of single operations. */
export function meaning(op: Op, inputs: readonly Numbers[], type: ValueType): Numbers {
  return (MEANINGS[op.op] as Meaning<OpName>)(inputs, op.attributes, type);
}
