import type { Op } from "../ops.ts";
import { producerOf, type Constant, type Program } from "../program.ts";
import { intercept } from "./intercept.ts";

/** Values that `clampsApart` adds for the clamp `name`. */
export function clampParts(name: string): readonly [inside: string, edge: string] {
  return [`${name}.inside`, `${name}.edge`];
}

/**
 * Write the clamps `names` as x inside + edge: inside is 1 where x is within the bounds, else 0, and edge is the bound where
 * it is not. With both frozen (`clampParts`) the value is linear in x, and what a run computes is the same.
 *
 * @throws {Error} internal, for a value that is not made by a clamp
 */
export function clampsApart(program: Program, names: readonly string[]): Program {
  return names.reduce(apart, program);
}

function apart(program: Program, name: string): Program {
  const producer = producerOf(program, name);
  if (producer.op !== "clamp") throw new Error(`internal: ${name} is not made by a clamp`);
  const x = producer.inputs[0]!;
  const [inside, edge] = clampParts(name);
  const own = (part: string) => `${name}.${part}`;
  const op = (kind: Plain, inputs: readonly string[], output: string): Op => ({
    ...{ op: kind, inputs, output },
    attributes: {},
  });
  return intercept(program, name, (_, clamped) => ({
    constants: [constant(0), constant(1)],
    ops: [
      op("sub", [clamped, x], own("cut")),
      op("mul", [own("cut"), own("cut")], own("cut_squared")),
      op("greater", [own("cut_squared"), ZERO], own("beyond")),
      op("where", [own("beyond"), ZERO, ONE], inside),
      op("where", [own("beyond"), clamped, ZERO], edge),
      op("mul", [x, inside], own("kept")),
      op("add", [own("kept"), edge], name),
    ],
  }));
}

type Plain = "sub" | "mul" | "greater" | "where" | "add";

const [ZERO, ONE] = ["number 0", "number 1"] as const;

function constant(value: 0 | 1): Constant {
  return { name: value === 0 ? ZERO : ONE, type: "float32", axes: [], data: [value] };
}
