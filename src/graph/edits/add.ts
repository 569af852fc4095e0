import type { Program } from "../program.ts";
import { freeName, intercept, someAxes } from "./intercept.ts";

/** The name of the input that `add(program, name)` adds. */
export function additionInput(name: string): string {
  return `${name}.add`;
}

/**
 * Add a vector from outside to the value `name`: steering, and the direct paths of path patching.
 *
 * @param given axes of what is added; fewer than the value's are stretched over the others; nobody feeds it: zero
 * @throws {InputError} "unknown-value" if the program does not make `name`
 */
export function add(
  program: Program,
  name: string,
  { axes }: { readonly axes?: readonly string[] } = {},
): Program {
  const input = freeName(program, additionInput(name));
  return intercept(program, name, (value, before) => ({
    inputs: [
      {
        name: input,
        type: "float32",
        axes: someAxes(value, axes),
        fill: { kind: "constant", value: 0 },
      },
    ],
    ops: [{ op: "add", inputs: [before, input], output: name, attributes: {} }],
  }));
}
