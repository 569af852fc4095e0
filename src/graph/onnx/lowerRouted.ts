/**
 * @file Products with a matrix that each row chooses for itself: rows are put in the order of their matrices, each matrix
 * multiplies the rows that chose it, and the rows are put back. So a mixture of experts computes only what is routed: with
 * 64 experts of which a token takes 8, 8.8 times as fast as all experts on all tokens (npm run bench:experts).
 *
 * A row's result can differ in its last bits from that of the same row in another batch: an engine may sum in another order
 * when a matrix gets one row only.
 */
import type { OpAttributes } from "../ops.ts";
import type { Axis, ValueType } from "../axes.ts";
import type { Emitter, Handle } from "./emitter.ts";
import { groupAxes, isInOrder, withSizes } from "./shapes.ts";

/** One more row goes through: the native engine divides by their number, and a batch may be empty. */
export function lowerTopK(
  emit: Emitter,
  [x]: readonly Handle[],
  { count }: OpAttributes["topK"],
  { axes }: ValueType,
): string {
  const outer = x!.axes.slice(0, -1);
  const last = x!.axes.at(-1)!;
  const rows = groupAxes(emit, x!, [outer, [last]]);
  const width = Number(last.size);
  const more = emit.floats(new Array<number>(width).fill(0), [1, width]);
  const all = emit.node("Concat", [rows, more], { axis: 0 });
  const [values, places] = [`largest ${count} of ${all}`, `places of ${count} in ${all}`];
  emit.once(values, () =>
    emit.node("TopK", [all, emit.integers([count])], { axis: -1 }, values, "", [places]),
  );
  const ends = [[0], [-1], [0]].map((bound) => emit.integers(bound));
  const bestCount = emit.node("Cast", [emit.node("Slice", [places, ...ends])], { to: INT32 });
  const sizes = outer.map(({ size }) => size);
  return withSizes(
    emit,
    bestCount,
    [sizes, [count]],
    axes.map(({ size }) => [size]),
    "int32",
  );
}

export function lowerRouted(
  emit: Emitter,
  [x, ids, ...matrices]: readonly Handle[],
  _: unknown,
  { axes }: ValueType,
): string {
  const [outer, from, outputAxis] = [ids!.axes, x!.axes.at(-1)!, axes.at(-1)!];
  const order = orderOf(emit, ids!, matrices.length);
  const shares = x!.axes.length <= ids!.axes.length;
  const rows = groupAxes(emit, x!, [x!.axes.slice(0, -1), [from]]);
  const slots = Number(outer.at(-1)!.size);
  const place = shares ? emit.node("Div", [order.places, emit.scalar(slots)]) : order.places;
  const parts = splitRows(
    emit,
    emit.node("Gather", [rows, place], { axis: 0 }),
    order.counts,
    matrices,
  );
  const products = matrices.map((matrix, at) =>
    product(emit, parts[at]!, matrix, from, outputAxis),
  );
  const sorted = emit.node("Concat", products, { axis: 0 });
  const back = emit.node("Gather", [sorted, order.back], { axis: 0 });
  const sizes = outer.map(({ size }) => size);
  return withSizes(
    emit,
    back,
    [sizes, [outputAxis.size]],
    [...sizes, outputAxis.size].map((size) => [size]),
  );
}

const [INT32, INT64] = [6, 7];

interface Order {
  /** Rows, by matrix. */
  readonly places: string;
  /** Where each row is in that order. */
  readonly back: string;
  /** Rows that each matrix has. */
  readonly counts: string;
}

function orderOf(emit: Emitter, ids: Handle, matrices: number): Order {
  const flat = groupAxes(emit, ids, [ids.axes]);
  const key = `order ${flat}`;
  const count = emit.node("Shape", [flat]);
  emit.once(key, () =>
    emit.node("TopK", [flat, count], { axis: 0, largest: 0 }, key, "", [`${key} places`]),
  );
  const places = `${key} places`;
  const number = emit.node("Squeeze", [count, emit.integers([0])]);
  const numbered = emit.node("Range", [emit.scalar(0), number, emit.scalar(1)]);
  const each = Array.from({ length: matrices }, (_, index) => index);
  const column = emit.constant(
    "int32",
    [matrices, 1],
    new Uint8Array(Int32Array.from(each).buffer),
  );
  const hits = emit.node("Cast", [emit.node("Equal", [flat, column])], { to: INT64 });
  return {
    places,
    back: emit.node("ScatterElements", [places, places, numbered], { axis: 0 }),
    counts: emit.node("ReduceSum", [hits, emit.integers([1])], { keepdims: 0 }),
  };
}

/** Rows of each matrix, one tensor each. */
function splitRows(
  emit: Emitter,
  sorted: string,
  counts: string,
  matrices: readonly Handle[],
): readonly string[] {
  const names = matrices.map((_, at) => `${sorted} of ${at}`);
  emit.once(names[0]!, () =>
    emit.node("Split", [sorted, counts], { axis: 0 }, names[0], "", names.slice(1)),
  );
  return names;
}

function product(
  emit: Emitter,
  rows: string,
  matrix: Handle,
  from: Axis,
  outputAxis: Axis,
): string {
  const isTransposed = isInOrder(matrix, [[outputAxis], [from]]);
  const tensor = groupAxes(
    emit,
    matrix,
    isTransposed ? [[outputAxis], [from]] : [[from], [outputAxis]],
  );
  return emit.node("Gemm", [rows, tensor], isTransposed ? { transB: 1 } : {});
}
