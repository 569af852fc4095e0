/**
 * @file A contraction by axis names as Gemm (two plain matrices) or MatMul (batched), with the fewest transposes: a
 * matrix may be read in either order, so either side may be turned, and the two sides may change places.
 */
import type { Axis, ValueType } from "../axes.ts";
import type { OpAttributes } from "../ops.ts";
import type { Emitter, Handle } from "./emitter.ts";
import { BLOCK_VALUES } from "../../base/bytes.ts";
import { eightBitProduct, LEAST_INNER } from "./eightBits.ts";
import { DATA_TYPES } from "./model.ts";
import { blockTensors, entries } from "./weights.ts";
import { groupAxes, isInOrder, splitGroups, transposeTo, type Group } from "./shapes.ts";

/** Axes of a contraction by role, each group in the order in which the product has it. */
interface Roles {
  readonly both: readonly Axis[];
  readonly left: readonly Axis[];
  readonly right: readonly Axis[];
  readonly summed: readonly Axis[];
}

/** left[left, summed] x right[summed, right]. */
interface Product extends Roles {
  readonly a: Handle;
  readonly b: Handle;
}

export function lowerContract(
  emit: Emitter,
  [a, b, bias]: readonly Handle[],
  { axes, scale = 1 }: OpAttributes["contract"],
  result: ValueType,
): string {
  const cheap = cheapest(a!, b!, axes, result);
  const product = emit.has.products === "eightBits" ? withWeightRight(cheap) : cheap;
  const { both, left, right } = product;
  const added = bias && both.length === 0 ? gemmBias(emit, bias, product) : undefined;
  const isNested = added === undefined && hasNestedRows(emit, product);
  const matrix =
    both.length === 0 && !isNested
      ? (blockProduct(emit, product, scale, added) ??
        roundedProduct(emit, product, scale, added) ??
        gemm(emit, product, scale, added))
      : matMul(emit, product, scale, isNested);
  const rows = isNested ? left.map((axis) => [axis]) : [left];
  const groups: Group[] = [...both.map((axis) => [axis]), ...rows, right];
  const whole = splitGroups(emit, matrix, groups);
  const ordered = transposeTo(emit, { tensor: whole, axes: groups.flat() }, result.axes);
  if (!bias || added !== undefined) return ordered;
  return emit.node("Add", [
    ordered,
    groupAxes(
      emit,
      bias,
      bias.axes.map((axis) => [axis]),
    ),
  ]);
}

/** Of the orders that groups can have, the product that moves the fewest numbers; in doubt, a stays on the left. */
function cheapest(a: Handle, b: Handle, axes: readonly string[], result: ValueType): Product {
  const products = [
    [a, b],
    [b, a],
  ].flatMap(([first, second]) => arrangements(first!, second!, axes, result));
  const costs = products.map((product) => cost(product, result));
  return products[costs.indexOf(Math.min(...costs))]!;
}

function arrangements(
  a: Handle,
  b: Handle,
  axes: readonly string[],
  result: ValueType,
): readonly Product[] {
  const has = (x: { readonly axes: readonly Axis[] }, axis: Axis) =>
    x.axes.some(({ name }) => name === axis.name);
  const both = result.axes.filter((axis) => has(a, axis) && has(b, axis));
  const left = (x: { readonly axes: readonly Axis[] }) =>
    x.axes.filter((axis) => has(a, axis) && !has(b, axis));
  const right = (x: { readonly axes: readonly Axis[] }) =>
    x.axes.filter((axis) => has(b, axis) && !has(a, axis));
  const summed = (x: Handle) =>
    x.axes.filter((axis) => has(a, axis) && has(b, axis) && !axes.includes(axis.name));
  return [a, result].flatMap((lefts) =>
    [b, result].flatMap((rights) =>
      [b, a].map((sums) => ({
        a,
        b,
        both,
        left: left(lefts),
        right: right(rights),
        summed: summed(sums),
      })),
    ),
  );
}

/**
 * Numbers to move; weights are moved once, when the session is made, but need their memory twice. Symbols must be rows
 * where they can: a row's sums do not depend on how many rows there are, a column's may (on WASM they do).
 */
function cost({ a, b, both, left, right, summed }: Product, result: ValueType): number {
  const batch = both.map((axis) => [axis]);
  const moved = (x: Handle, free: Group) =>
    isInOrder(x, [...batch, free, summed]) || isInOrder(x, [...batch, summed, free])
      ? 0
      : size(x.axes);
  const productAxes = [...both, ...left, ...right];
  const inOrder = productAxes.every(({ name }, index) => name === result.axes[index]!.name);
  const keepsLast = productAxes.at(-1)?.name === result.axes.at(-1)?.name;
  const movedAfter = inOrder ? 0 : size(productAxes) * (keepsLast ? 1 : 1.5);
  const symbols = right.filter((axis) => typeof axis.size === "string").length;
  return moved(a, left) + moved(b, right) + movedAfter + symbols * NEVER_IF_AVOIDABLE;
}

const NEVER_IF_AVOIDABLE = 1e15;

/** A guess of the size of symbols is enough to compare by. */
const TYPICAL_LENGTH = 64;

function size(axes: readonly Axis[]): number {
  return axes.reduce(
    (total, axis) => total * (typeof axis.size === "number" ? axis.size : TYPICAL_LENGTH),
    1,
  );
}

/**
 * Whether rows of several axes are multiplied with a weight as they are, [..., summed] x [summed, right]. A product of two matrices would be the
 * same numbers between two reshapes.
 */
function hasNestedRows(emit: Emitter, { a, b, both, left, right, summed }: Product): boolean {
  const isMatrix = b.weight !== undefined && both.length === 0 && right.length > 0;
  const isPlain =
    emit.has.fusedMatMul && emit.has.products === "float32" && !b.weight?.stored.blocks;
  const isUpright = a.axes.at(-1)?.name === summed.at(-1)?.name;
  return isMatrix && isPlain && isUpright && left.length > 1;
}

/** The bias as Gemm adds it: along the columns, or a whole matrix; undefined if it is neither. */
function gemmBias(emit: Emitter, bias: Handle, { left, right }: Product): string | undefined {
  const same = (axes: readonly Axis[]) =>
    bias.axes.length === axes.length &&
    bias.axes.every(({ name, size }, at) => name === axes[at]!.name && size === axes[at]!.size);
  if (same(right)) return groupAxes(emit, bias, [right]);
  return same([...left, ...right]) ? groupAxes(emit, bias, [left, right]) : undefined;
}

/** Weights in blocks of four bits as they are stored; undefined where b is none of those. */
function blockProduct(
  emit: Emitter,
  { a, b, left, right, summed }: Product,
  scale: number,
  bias?: string,
): string | undefined {
  if (!emit.has.matMulNBits || !b.weight || !isInOrder(b, [right, summed])) return undefined;
  const [rows, inner] = [entries(right), entries(summed)];
  const blocks = blockTensors(emit, b.weight, rows, inner);
  if (!blocks) return undefined;
  const inputs = [groupAxes(emit, a, [left, summed]), blocks.codes, blocks.scales];
  const attributes = {
    ...{ K: inner, N: rows, bits: 4, block_size: BLOCK_VALUES },
    // 1: float32 throughout; 4: what is multiplied is rounded to 8 bits; left out, the engine may choose
    accuracy_level: emit.has.products === "eightBits" ? 4 : 1,
  };
  const product = emit.node("MatMulNBits", inputs, attributes, undefined, "com.microsoft");
  return scaledAndMoved(emit, product, scale, bias);
}

/** Weights of any kind, rounded to eight bits; undefined where there is no weight, or little to multiply. */
function roundedProduct(
  emit: Emitter,
  { a, b, left, right, summed }: Product,
  scale: number,
  bias?: string,
): string | undefined {
  if (emit.has.products !== "eightBits" || !b.weight || entries(summed) < LEAST_INNER)
    return undefined;
  const values = groupAxes(emit, a, [left, summed]);
  const product = eightBitProduct(emit, values, groupAxes(emit, b, [summed, right]));
  return scaledAndMoved(emit, product, scale, bias);
}

function scaledAndMoved(emit: Emitter, product: string, scale: number, bias?: string): string {
  const scaled = scale === 1 ? product : emit.node("Mul", [product, emit.floats([scale], [])]);
  return bias === undefined ? scaled : emit.node("Add", [scaled, bias]);
}

/** The same product with its weight, if one side is one, on the right, where blocks have to be. */
function withWeightRight(product: Product): Product {
  const { a, b, left, right } = product;
  return a.weight && !b.weight ? { ...product, a: b, b: a, left: right, right: left } : product;
}

/** Either side in either order, bias added on the way. */
function gemm(
  emit: Emitter,
  { a, b, left, right, summed }: Product,
  scale: number,
  bias?: string,
): string {
  const isTransposed = (x: Handle, asIs: readonly Group[]) =>
    !isInOrder(x, asIs) && isInOrder(x, asIs.toReversed());
  const [transA, transB] = [isTransposed(a, [left, summed]), isTransposed(b, [summed, right])];
  const turns = { ...(transA && { transA: 1 }), ...(transB && { transB: 1 }) };
  const matrices = [
    groupAxes(emit, a, transA ? [summed, left] : [left, summed]),
    groupAxes(emit, b, transB ? [right, summed] : [summed, right]),
  ];
  if (emit.has.products === "float16" && (a.weight ?? b.weight))
    return scaledAndMoved(emit, halfProduct(emit, matrices, turns), scale, bias);
  return emit.node("Gemm", bias === undefined ? matrices : [...matrices, bias], {
    ...turns,
    ...(scale !== 1 && { alpha: { float: scale } }),
  });
}

/** In float16, whose weights the engine makes once: numbers above 65,504 become infinite. */
function halfProduct(
  emit: Emitter,
  matrices: readonly string[],
  turns: Readonly<Record<string, number>>,
): string {
  const halves = matrices.map((matrix) => emit.node("Cast", [matrix], { to: DATA_TYPES.F16 }));
  return emit.node("Cast", [emit.node("Gemm", halves, turns)], { to: DATA_TYPES.float32 });
}

/** @param isNested whether all rows but the last axis are a batch that a alone has */
function matMul(
  emit: Emitter,
  { a, b, both, left, right, summed }: Product,
  scale: number,
  isNested: boolean,
): string {
  const batch = both.map((axis) => [axis]);
  const nested = isNested ? left.slice(0, -1).map((axis) => [axis]) : [];
  const first = matrices(emit, a, [...batch, ...nested], left.slice(nested.length), summed);
  const second = matrices(emit, b, batch, summed, right);
  if (emit.has.fusedMatMul && (first.isTransposed || second.isTransposed || scale !== 1)) {
    const attributes = {
      ...(first.isTransposed && { transA: 1 }),
      ...(second.isTransposed && { transB: 1 }),
      ...(scale !== 1 && { alpha: { float: scale } }),
    };
    const inputs = [first.tensor, second.tensor];
    return emit.node("FusedMatMul", inputs, attributes, undefined, "com.microsoft");
  }
  const [row, column] = [batch.length, batch.length + 1];
  const upright = ({ tensor, isTransposed }: Matrices) =>
    isTransposed
      ? emit.node("Transpose", [tensor], { perm: [...batch.keys(), column, row] })
      : tensor;
  const product = emit.node("MatMul", [upright(first), upright(second)]);
  return scale === 1 ? product : emit.node("Mul", [product, emit.floats([scale], [])]);
}

interface Matrices {
  readonly tensor: string;
  /** Whether it is [batch, columns, rows]. */
  readonly isTransposed: boolean;
}

/**
 * x as [batch, rows, columns] or turned. Where x must be moved its last axis stays last: such moves are cheap, and every
 * product that reads x needs the same one.
 */
function matrices(
  emit: Emitter,
  x: Handle,
  batch: readonly Group[],
  rows: Group,
  columns: Group,
): Matrices {
  const upright = [...batch, rows, columns];
  const over = [...batch, columns, rows];
  const lastInRows = rows.at(-1)?.name === x.axes.at(-1)!.name;
  const isTransposed = !isInOrder(x, upright) && (isInOrder(x, over) || lastInRows);
  return { tensor: groupAxes(emit, x, isTransposed ? over : upright), isTransposed };
}
