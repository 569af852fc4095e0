/** @file A rotation is turned back by minus its angle; the tables of cos and sin are given, not learned. */
import type { Name } from "../builder.ts";
import type { Rule } from "./rule.ts";

export const rotary: Rule<"rotary"> = ({ inputs, attributes, gradient, write, number }) => {
  const [, cos, sin] = inputs as [Name, Name, Name];
  return [
    () => write("rotary", [gradient, cos, write("sub", [number(0), sin], {})], attributes),
    null,
    null,
  ];
};
