import type { Program } from "../program.ts";
import { freeName, intercept, someAxes } from "./intercept.ts";

/** Inputs that an edit adds, by what they do. */
export interface SwitchNames {
  /** bool, true where the edit applies; nobody feeds it: false everywhere. */
  readonly on: string;
  /** float32, what the value becomes there. */
  readonly replacement: string;
}

/** The names of the inputs that `replace(program, name)` adds to a program that has not edited `name` before. */
export function replacementInputs(name: string): SwitchNames {
  return { on: `${name}.replace`, replacement: `${name}.replacement` };
}

/**
 * Put other numbers in the place of the value `name` where a switch is on: activation patching, mean ablation.
 *
 * after[...] = on[...] ? replacement[...] : before[...]: a choice, never a blend, so that minus infinity and NaN on one
 * side cannot leak to the other.
 *
 * @param by axes of the switch, such as ["batch", "head"]; each entry switches everything below it
 * @param given axes of the replacement; fewer than the value's are stretched over the others
 * @returns the program with the inputs `replacementInputs(name)`
 * @throws {InputError} "unknown-value" if the program does not make `name`
 */
export function replace(
  program: Program,
  name: string,
  {
    by = ["batch"],
    axes,
  }: { readonly by?: readonly string[]; readonly axes?: readonly string[] } = {},
): Program {
  const names = replacementInputs(name);
  const on = freeName(program, names.on);
  const replacement = freeName(program, names.replacement);
  return intercept(program, name, (value, before) => ({
    inputs: [
      { name: on, type: "bool", axes: someAxes(value, by), fill: { kind: "constant", value: 0 } },
      {
        name: replacement,
        type: "float32",
        axes: someAxes(value, axes),
        fill: { kind: "constant", value: 0 },
      },
    ],
    ops: [{ op: "where", inputs: [on, replacement, before], output: name, attributes: {} }],
  }));
}
