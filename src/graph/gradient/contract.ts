/** @file y = scale sum a b + bias: the gradient of each side is a contraction with the other one. */
import type { Name } from "../builder.ts";
import type { Rule } from "./rule.ts";
import { shrunk } from "./shrunk.ts";

export const contract: Rule<"contract"> = (step) => {
  const { inputs, attributes, gradient, write, typeOf } = step;
  const [a, b, bias] = inputs as [Name, Name, Name?];
  const { scale } = attributes;
  const against = (other: Name, into: Name) => () => (rest: Name | null) =>
    write("contract", rest === null ? [gradient, other] : [gradient, other, rest], {
      axes: typeOf(into).axes.map(({ name }) => name),
      ...(scale !== undefined && { scale }),
    });
  return [
    against(b, a),
    against(a, b),
    bias === undefined ? null : () => shrunk(step, gradient, bias),
  ];
};
