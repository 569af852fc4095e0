/** @file Softmax and log-sum-exp. A score of minus infinity has probability 0 and gets a gradient of exactly 0. */
import type { Name } from "../builder.ts";
import type { Rule, Step } from "./rule.ts";

/** p (g - sum p g). */
export const softmax: Rule<"softmax"> = (step) => [
  () => {
    const { output, attributes, gradient, write } = step;
    const total =
      fromMixture(step) ??
      write("sum", [write("mul", [gradient, output], {})], { axes: [attributes.axis] });
    return write("mul", [output, write("sub", [gradient, alignTotal(step, total)], {})], {});
  },
];

/**
 * sum p g from the other side of the mixture z = sum p v that p was made for: with h the gradient of z, g = sum h v, so
 * sum p g = sum h z, over the entries of a head and not over all keys (Dao et al. 2022, FlashAttention, appendix B.2).
 */
function fromMixture({ output, attributes, write, typeOf, readers }: Step<"softmax">): Name | null {
  const [only, ...others] = readers();
  if (only?.op.op !== "contract" || others.length > 0 || only.op.inputs.length > 2) return null;
  const { op, gradient } = only;
  const other = op.inputs[op.inputs[0] === output ? 1 : 0]!;
  if (other === output) return null;
  const of = (name: Name) => typeOf(name).axes.map((axis) => axis.name);
  const [weights, values] = [of(output), of(other)];
  const mixtureAxes = op.attributes.axes;
  const summed = weights.filter((axis) => values.includes(axis) && !mixtureAxes.includes(axis));
  if (summed.length !== 1 || summed[0] !== attributes.axis) return null;
  const axes = mixtureAxes.filter((axis) => !weights.includes(axis));
  if (axes.length === 0) return null;
  return write("sum", [write("mul", [gradient, op.output], {})], { axes });
}

/** `total` with its axes in the order that p has them in. */
function alignTotal({ output, write, typeOf }: Step<"softmax">, total: Name): Name {
  const has = typeOf(total).axes.map(({ name }) => name);
  const axes = typeOf(output).axes.flatMap(({ name }) => (has.includes(name) ? [name] : []));
  return axes.join() === has.join() ? total : write("transpose", [total], { axes });
}

/** g softmax(x). */
export const logSumExp: Rule<"logSumExp"> = ({ inputs, attributes, gradient, write }) => [
  () => write("mul", [write("softmax", inputs, attributes), gradient], {}),
];
