/**
 * @file The transposes of gather, take and pick. Never ScatterND with a reduction: it is a data race on several threads,
 * silently wrong for large arrays. ScatterElements and products with one-hot rows give the same bits on any number.
 */
import type { Axis, ValueType } from "../axes.ts";
import type { OpAttributes } from "../ops.ts";
import type { Emitter, Handle } from "./emitter.ts";
import { groupAxes, mergedGroups, sizesTensor, withSizes } from "./shapes.ts";

/** Up to this many rows of the table a product with one-hot rows is faster than ScatterElements. */
const MOST_ONE_HOT = 1024;

const ADD = { reduction: "add" } as const;

export function lowerAddGathered(
  emit: Emitter,
  [base, ids, rows]: readonly Handle[],
  _: unknown,
  { axes }: ValueType,
): string {
  const [entry, ...inner] = axes as [Axis, ...Axis[]];
  const flatBase = groupAxes(emit, base!, [[entry], inner]);
  const flatIds = groupAxes(emit, ids!, [ids!.axes]);
  const flatRows = groupAxes(emit, rows!, [ids!.axes, inner]);
  const added =
    Number(entry.size) <= MOST_ONE_HOT
      ? emit.node("Gemm", [oneHot(emit, flatIds, Number(entry.size)), flatRows, flatBase])
      : emit.node("ScatterElements", [flatBase, repeatIds(emit, flatIds, inner), flatRows], {
          axis: 0,
          ...ADD,
        });
  const sizes = (list: readonly Axis[]) => list.map(({ size }) => size);
  return withSizes(
    emit,
    added,
    [[entry.size], sizes(inner)],
    axes.map(({ size }) => [size]),
  );
}

/** [rows, ids]: 1 where the id names the row. */
function oneHot(emit: Emitter, ids: string, rows: number): string {
  return emit.node("OneHot", [ids, int32Scalar(emit, rows), emit.floats([0, 1])], { axis: 0 });
}

/** The engine takes an int32 depth for int32 ids. */
export function int32Scalar(emit: Emitter, value: number): string {
  return emit.constant("int32", [], new Uint8Array(Int32Array.of(value).buffer));
}

/** Each id once for every entry of its row: [ids, inner]. */
function repeatIds(emit: Emitter, ids: string, inner: readonly Axis[]): string {
  const column = emit.node("Unsqueeze", [ids, emit.integers([1])]);
  const width = inner.reduce((product, { size }) => product * Number(size), 1);
  return emit.node("Expand", [column, emit.integers([1, width])]);
}

export function lowerAddTaken(
  emit: Emitter,
  [base, indices, x]: readonly Handle[],
  { axis, merge = [axis] }: OpAttributes["addTaken"],
): string {
  const at = x!.axes.findIndex(({ name }) => name === axis);
  const after = x!.axes.slice(at + 1).map((_, index) => index + 1);
  const column = after.length
    ? emit.node("Unsqueeze", [indices!.tensor, emit.integers(after)])
    : indices!.tensor;
  const everywhere = emit.node("Expand", [column, sizesTensor(emit, x!.axes)]);
  const groups = mergedGroups(base!, merge);
  const added = emit.node(
    "ScatterElements",
    [groupAxes(emit, base!, groups), everywhere, x!.tensor],
    { axis: at, ...ADD },
  );
  const sizes = (list: readonly Axis[]) => list.map(({ size }) => size);
  return withSizes(
    emit,
    added,
    groups.map(sizes),
    base!.axes.map(({ size }) => [size]),
  );
}

export function lowerAddPicked(emit: Emitter, [base, ids, x]: readonly Handle[]): string {
  const last = emit.integers([-1]);
  const column = (value: Handle) =>
    value.axes.length === base!.axes.length
      ? value.tensor
      : emit.node("Unsqueeze", [value.tensor, last]);
  return emit.node("ScatterElements", [base!.tensor, column(ids!), column(x!)], {
    axis: -1,
    ...ADD,
  });
}
