import type { Program } from "../program.ts";
import { freeName, intercept, someAxes } from "./intercept.ts";

/** The name of the switch that `ablate(program, name)` adds. */
export function ablationInput(name: string): string {
  return `${name}.ablate`;
}

/**
 * Set the value `name` to zero where a switch is on: zero ablation. Mean and resample ablation are `replace`.
 *
 * @param by axes of the switch, such as ["batch", "head"]; nobody feeds it: nothing is ablated
 * @throws {InputError} "unknown-value" if the program does not make `name`
 */
export function ablate(
  program: Program,
  name: string,
  { by = ["batch", "head"] }: { readonly by?: readonly string[] } = {},
): Program {
  const on = freeName(program, ablationInput(name));
  return intercept(program, name, (value, before) => ({
    inputs: [
      { name: on, type: "bool", axes: someAxes(value, by), fill: { kind: "constant", value: 0 } },
    ],
    constants: [{ name: "zero", type: "float32", axes: [], data: [0] }],
    ops: [{ op: "where", inputs: [on, "zero", before], output: name, attributes: {} }],
  }));
}
