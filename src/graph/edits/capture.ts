import { producerOf, type Program } from "../program.ts";

/**
 * Also return the values called `names` from each run.
 *
 * @throws {InputError} "unknown-value" for a name that the program does not have
 */
export function capture(program: Program, names: readonly string[]): Program {
  for (const name of names) {
    if (!program.inputs.some((input) => input.name === name)) producerOf(program, name);
  }
  return { ...program, outputs: [...new Set([...program.outputs, ...names])] };
}
