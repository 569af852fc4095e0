import { producerOf, prune, typesOf, type Program } from "../program.ts";

/**
 * Feed the values `names` from outside, whole, in place of computing them: a saved residual stream, frozen patterns,
 * frozen norms. What only they needed no longer runs.
 *
 * @throws {InputError} "unknown-value" for a name that no operation makes
 */
export function freeze(program: Program, names: readonly string[]): Program {
  for (const name of names) producerOf(program, name);
  const types = typesOf(program);
  return prune({
    ...program,
    inputs: [...program.inputs, ...names.map((name) => ({ name, ...types.get(name)! }))],
    ops: program.ops.filter(({ output }) => !names.includes(output)),
  });
}
