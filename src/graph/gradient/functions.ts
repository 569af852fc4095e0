/** @file Functions of one value: each rule writes the derivative times the gradient, from x or from y = f(x). */
import type { Name } from "../builder.ts";
import type { Rule, Step, Way } from "./rule.ts";

type Function =
  | "exp"
  | "log"
  | "sqrt"
  | "tanh"
  | "relu"
  | "sigmoid"
  | "erf"
  | "gelu"
  | "silu"
  | "softplus"
  | "clamp";

/** What derivatives are written with. */
function algebra({ write, number }: Way) {
  const two = (kind: "add" | "sub" | "mul" | "div") => (a: Name | number, b: Name | number) =>
    write(
      kind,
      [a, b].map((x) => (typeof x === "number" ? number(x) : x)),
      {},
    );
  return { add: two("add"), sub: two("sub"), mul: two("mul"), div: two("div") };
}
type Algebra = ReturnType<typeof algebra>;

/** `part(a, gradient, x, y)` is the gradient of x. */
function rule<Kind extends Function>(
  part: (a: Algebra, g: Name, x: Name, y: Name, step: Step<Kind>) => Name,
): Rule<Kind> {
  return (step) => [() => part(algebra(step), step.gradient, step.inputs[0]!, step.output, step)];
}

/** Phi(x) + x phi(x): normal distribution function and density. */
function geluExact({ add, mul }: Algebra, x: Name, { write }: Step<"gelu">): Name {
  const below = add(mul(write("erf", [mul(x, Math.SQRT1_2)], {}), 0.5), 0.5);
  const density = mul(write("exp", [mul(mul(x, x), -0.5)], {}), 1 / Math.sqrt(2 * Math.PI));
  return add(below, mul(x, density));
}

const TANH = Math.sqrt(2 / Math.PI);
const CUBE = 0.044715;

/** The approximation is y = x s with s = sigmoid(v), v = 2 sqrt(2 / pi) (x + 0.044715 x^3): s + (y - y s) dv/dx. */
function geluTanh({ add, sub, mul }: Algebra, x: Name, y: Name, { write }: Step<"gelu">): Name {
  const square = mul(x, x);
  const v = mul(x, add(mul(square, 2 * TANH * CUBE), 2 * TANH));
  const slope = add(mul(square, 6 * TANH * CUBE), 2 * TANH);
  const s = write("sigmoid", [v], {});
  return add(s, mul(sub(y, mul(y, s)), slope));
}

export const functions: { readonly [Kind in Function]: Rule<Kind> } = {
  exp: rule(({ mul }, g, _, y) => mul(g, y)),
  log: rule(({ div }, g, x) => div(g, x)),
  sqrt: rule(({ div, mul }, g, _, y) => div(mul(g, 0.5), y)),
  tanh: rule(({ mul, sub }, g, _, y) => mul(g, sub(1, mul(y, y)))),
  /** 0 at 0, as PyTorch has it. */
  relu: rule((_, g, _x, y, { write, number }) =>
    write("where", [write("greater", [y, number(0)], {}), g, number(0)], {}),
  ),
  /** 0 beyond the bounds and on them. */
  clamp: rule((_, g, x, _y, { attributes: { low, high }, write, number }) => {
    const where = (a: Name, b: Name, value: Name) =>
      write("where", [write("greater", [a, b], {}), value, number(0)], {});
    const below = high === undefined ? g : where(number(high), x, g);
    return low === undefined ? below : where(x, number(low), below);
  }),
  sigmoid: rule(({ mul, sub }, g, _, y) => mul(g, sub(y, mul(y, y)))),
  softplus: rule(({ mul }, g, x, _, { write }) => mul(g, write("sigmoid", [x], {}))),
  erf: rule(({ mul }, g, x, _, { write }) =>
    mul(g, mul(write("exp", [mul(mul(x, x), -1)], {}), 2 / Math.sqrt(Math.PI))),
  ),
  gelu: rule((a, g, x, y, step) =>
    a.mul(
      g,
      step.attributes.approximate === "tanh" ? geluTanh(a, x, y, step) : geluExact(a, x, step),
    ),
  ),
  /** With s = sigmoid(beta x): s + beta (y - y s). */
  silu: rule(({ add, sub, mul }, g, x, y, { attributes, write }) => {
    const { beta = 1 } = attributes;
    const s = write("sigmoid", [beta === 1 ? x : mul(x, beta)], {});
    const rest = sub(y, mul(y, s));
    return mul(g, add(s, beta === 1 ? rest : mul(rest, beta)));
  }),
};
