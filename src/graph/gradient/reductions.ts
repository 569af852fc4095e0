/** @file Sums and means, and what they are turned round: a value stretched over axes. */
import type { Name } from "../builder.ts";
import type { Rule } from "./rule.ts";
import { shrunk } from "./shrunk.ts";

export const sum: Rule<"sum"> = ({ inputs, gradient, write }) => [
  () => write("stretch", [gradient, inputs[0]!], {}),
];

export const mean: Rule<"mean"> = ({ inputs, attributes, gradient, write }) => [
  () => {
    const count = write("count", inputs, attributes);
    return write("stretch", [write("div", [gradient, count], {}), inputs[0]!], {});
  },
];

/** `like` gives sizes and no numbers. */
export const stretch: Rule<"stretch"> = (step) => [
  () => shrunk(step, step.gradient, step.inputs[0] as Name),
  null,
];
