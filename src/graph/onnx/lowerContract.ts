/** @file A contraction by axis names as Gemm (one side is a plain matrix) or MatMul (batched), with the fewest transposes. */
import type { Axis, ValueType } from "../program.ts";
import type { OpAttributes } from "../ops.ts";
import type { Emitter, Handle } from "./emitter.ts";
import { grouped, isInOrder, transposed, withSizes, type Group } from "./shapes.ts";

/** Axes of a contraction by role. */
interface Roles {
  readonly both: readonly Axis[];
  readonly left: readonly Axis[];
  readonly right: readonly Axis[];
  readonly summed: readonly Axis[];
}

export function lowerContract(
  emit: Emitter,
  [a, b, bias]: readonly Handle[],
  { axes, scale = 1 }: OpAttributes["contract"],
  result: ValueType,
): string {
  const roles = rolesOf(a!, b!, axes);
  const order = [...roles.both, ...roles.left, ...roles.right];
  const inGemm = roles.both.length === 0 && bias !== undefined && isVector(bias, roles.right);
  const made =
    roles.both.length === 0
      ? gemm(emit, a!, b!, roles, scale, inGemm ? bias : undefined)
      : matMul(emit, a!, b!, roles, scale);
  const groups: Group[] = [...roles.both.map((axis) => [axis]), roles.left, roles.right];
  const whole = ungrouped(emit, made, groups);
  const ordered = transposed(emit, { tensor: whole, axes: order }, result.axes);
  return bias && !inGemm
    ? emit.node("Add", [
        ordered,
        grouped(
          emit,
          bias,
          bias.axes.map((axis) => [axis]),
        ),
      ])
    : ordered;
}

function rolesOf(a: Handle, b: Handle, axes: readonly string[]): Roles {
  const inA = (axis: Axis) => a.axes.some(({ name }) => name === axis.name);
  const inB = (axis: Axis) => b.axes.some(({ name }) => name === axis.name);
  const kept = ({ name }: Axis) => axes.includes(name);
  const shared = b.axes.filter((axis) => inA(axis));
  const both = axes.flatMap((name) => shared.filter((axis) => axis.name === name));
  return {
    both,
    left: a.axes.filter((axis) => !inB(axis)),
    right: b.axes.filter((axis) => !inA(axis)),
    summed: shared.filter((axis) => !kept(axis)), // in b's order: b is the weight, and weights are not moved
  };
}

function isVector(bias: Handle, right: readonly Axis[]): boolean {
  return (
    bias.axes.length === right.length &&
    bias.axes.every(({ name }, index) => name === right[index]!.name)
  );
}

/** [left, summed] x [summed, right], either stored order of b, bias added on the way. */
function gemm(
  emit: Emitter,
  a: Handle,
  b: Handle,
  { left, right, summed }: Roles,
  scale: number,
  bias?: Handle,
): string {
  const transB = !isInOrder(b, [summed, right]) && isInOrder(b, [right, summed]);
  const inputs = [
    grouped(emit, a, [left, summed]),
    grouped(emit, b, transB ? [right, summed] : [summed, right]),
  ];
  if (bias) inputs.push(grouped(emit, bias, [right]));
  return emit.node("Gemm", inputs, {
    ...(transB && { transB: 1 }),
    ...(scale !== 1 && { alpha: { float: scale } }),
  });
}

function matMul(
  emit: Emitter,
  a: Handle,
  b: Handle,
  { both, left, right, summed }: Roles,
  scale: number,
): string {
  const batch = both.map((axis) => [axis]);
  const product = emit.node("MatMul", [
    grouped(emit, a, [...batch, left, summed]),
    grouped(emit, b, [...batch, summed, right]),
  ]);
  return scale === 1 ? product : emit.node("Mul", [product, emit.floats([scale], [])]);
}

function ungrouped(emit: Emitter, tensor: string, groups: readonly Group[]): string {
  const sizes = (group: Group) => group.map(({ size }) => size);
  return withSizes(
    emit,
    tensor,
    groups.map(sizes),
    groups.flat().map(({ size }) => [size]),
  );
}
