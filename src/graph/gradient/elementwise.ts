/** @file Operations element by element on two values, and the choice between two. */
import type { Name } from "../builder.ts";
import type { Rule } from "./rule.ts";
import { shrunk } from "./shrunk.ts";

type Two = "add" | "sub" | "mul" | "div";

const add: Rule<"add"> = (step) =>
  step.inputs.map((input) => () => shrunk(step, step.gradient, input));

const sub: Rule<"sub"> = (step) => {
  const { inputs, gradient, write, number } = step;
  const [a, b] = inputs as [Name, Name];
  return [
    () => shrunk(step, gradient, a),
    () => (rest) => write("sub", [rest ?? number(0), shrunk(step, gradient, b)], {}),
  ];
};

const mul: Rule<"mul"> = (step) => {
  const { inputs, gradient, write } = step;
  const [a, b] = inputs as [Name, Name];
  return [
    () => shrunk(step, write("mul", [gradient, b], {}), a),
    () => shrunk(step, write("mul", [gradient, a], {}), b),
  ];
};

const div: Rule<"div"> = (step) => {
  const { inputs, output, gradient, write, number } = step;
  const [a, b] = inputs as [Name, Name];
  return [
    () => shrunk(step, write("div", [gradient, b], {}), a),
    () => (rest) => {
      const byB = write("div", [write("mul", [gradient, output], {}), b], {});
      return write("sub", [rest ?? number(0), shrunk(step, byB, b)], {});
    },
  ];
};

/** A choice and never a product: nothing of the side not taken leaks, not even infinity or NaN. */
const where: Rule<"where"> = (step) => {
  const { inputs, gradient, write, number } = step;
  const [choose, a, b] = inputs as [Name, Name, Name];
  return [
    null,
    () => shrunk(step, write("where", [choose, gradient, number(0)], {}), a),
    () => shrunk(step, write("where", [choose, number(0), gradient], {}), b),
  ];
};

export const elementwise: { readonly [Kind in Two]: Rule<Kind> } & {
  readonly where: Rule<"where">;
} = { add, sub, mul, div, where };
