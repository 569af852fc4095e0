/** @file Softmax and log-sum-exp. A score of minus infinity has probability 0 and gets a gradient of exactly 0. */
import type { Rule } from "./rule.ts";

/** p (g - sum p g). */
export const softmax: Rule<"softmax"> = ({ output, attributes, gradient, write }) => [
  () => {
    const { axis } = attributes;
    const mean = write("sum", [write("mul", [gradient, output], {})], { axes: [axis] });
    return write("mul", [output, write("sub", [gradient, mean], {})], {});
  },
];

/** g softmax(x). */
export const logSumExp: Rule<"logSumExp"> = ({ inputs, attributes, gradient, write }) => [
  () => write("mul", [write("softmax", inputs, attributes), gradient], {}),
];
