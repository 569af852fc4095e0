/** @file Operations that move numbers and change none: the way back undoes the move. */
import type { Name } from "../builder.ts";
import type { Axis } from "../axes.ts";
import type { Rule } from "./rule.ts";

export const slice: Rule<"slice"> = ({ inputs, attributes, gradient, write, typeOf }) => [
  () => {
    const { axis, start, end } = attributes;
    const size = sizeOf(typeOf(inputs[0]!).axes, axis);
    return write("pad", [gradient], { axis, before: start, after: size - end });
  },
];

export const pad: Rule<"pad"> = ({ inputs, attributes, gradient, write, typeOf }) => [
  () => {
    const { axis, before } = attributes;
    const end = before + sizeOf(typeOf(inputs[0]!).axes, axis);
    return write("slice", [gradient], { axis, start: before, end });
  },
];

export const concat: Rule<"concat"> = ({ inputs, attributes, gradient, write, typeOf }) => {
  const { axis } = attributes;
  let end = 0;
  return inputs.map((input) => {
    const start = end;
    const stop = (end += sizeOf(typeOf(input).axes, axis));
    return () => write("slice", [gradient], { axis, start, end: stop });
  });
};

export const splitAxis: Rule<"splitAxis"> = ({ attributes, gradient, write }) => [
  () => {
    const { axis, into } = attributes;
    return write("mergeAxes", [gradient], { axes: into.map(({ name }) => name), into: axis });
  },
];

export const mergeAxes: Rule<"mergeAxes"> = ({ inputs, attributes, gradient, write, typeOf }) => [
  () => {
    const { axes, into } = attributes;
    const parts = typeOf(inputs[0]!).axes.filter(({ name }) => axes.includes(name));
    return write("splitAxis", [gradient], { axis: into, into: parts });
  },
];

export const transpose: Rule<"transpose"> = ({ inputs, gradient, write, typeOf }) => [
  () => write("transpose", [gradient], { axes: typeOf(inputs[0]!).axes.map(({ name }) => name) }),
];

export const rename: Rule<"rename"> = ({ attributes, gradient, write }) => [
  () => {
    const back = Object.entries(attributes.names).map(([from, to]) => [to, from]);
    return back.length === 0
      ? gradient
      : write("rename", [gradient], { names: Object.fromEntries(back) as Record<Name, Name> });
  },
];

export const repeat: Rule<"repeat"> = ({ inputs, attributes, gradient, write, typeOf }) => [
  () => {
    const { axis, times, into } = attributes;
    const axes = typeOf(inputs[0]!).axes;
    const copy = `${axis} copy`;
    const split = write("splitAxis", [gradient], {
      axis: into,
      into: [
        { name: axis, size: sizeOf(axes, axis) },
        { name: copy, size: times },
      ],
    });
    return write("sum", [split], { axes: [copy] });
  },
];

function sizeOf(axes: readonly Axis[], name: string): number {
  return Number(axes.find((axis) => axis.name === name)!.size);
}
