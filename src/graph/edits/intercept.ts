import { InputError } from "../../base/errors.ts";
import { producerOf, typesOf, type Constant, type Program, type ProgramInput } from "../program.ts";
import type { Axis, ValueType } from "../axes.ts";
import type { Op } from "../ops.ts";

/** What an edit puts after a value: its own inputs and constants, and operations from `before` to `name`. */
export interface Interception {
  readonly inputs?: readonly ProgramInput[] | undefined;
  readonly constants?: readonly Constant[] | undefined;
  readonly ops: readonly Op[];
}

/**
 * Put operations between the value `name` and everything that reads it.
 *
 * What was computed keeps its operation under the name that `edit` gets as `before`; the last operation of the
 * interception makes `name`. The order of operations is kept, so later edits see the edited value.
 *
 * @throws {InputError} "unknown-value" if the program does not make `name`; "unread" if nothing reads it, as
 *   `attn.hook_result`: an edit there would silently do nothing
 */
export function intercept(
  program: Program,
  name: string,
  edit: (value: ValueType, before: string) => Interception,
): Program {
  const producer = producerOf(program, name);
  if (!program.outputs.includes(name) && !program.ops.some((op) => op.inputs.includes(name))) {
    throw new InputError(
      "unread",
      `an edit needs a value that the model reads, but nothing reads ${name}`,
    );
  }
  const before = freeName(program, `${name}.before`);
  const { inputs = [], constants = [], ops } = edit(typesOf(program).get(name)!, before);
  const constantNames = new Set(program.constants.map((constant) => constant.name));
  return {
    ...program,
    inputs: [...program.inputs, ...inputs],
    constants: [
      ...program.constants,
      ...constants.filter((constant) => !constantNames.has(constant.name)),
    ],
    ops: program.ops.flatMap((op) =>
      op === producer ? [{ ...op, output: before }, ...ops] : [op],
    ),
  };
}

/** `name`, or `name.2` and so on if the program has it already. */
export function freeName(program: Program, name: string): string {
  const used = new Set([...program.inputs, ...program.constants].map((value) => value.name));
  for (const op of program.ops) used.add(op.output);
  let free = name;
  for (let count = 2; used.has(free); count++) free = `${name}.${count}`;
  return free;
}

/** The axes of `value` called `names`, in the value's order; all of them if `names` is left out. */
export function someAxes(value: ValueType, names?: readonly string[]): readonly Axis[] {
  if (!names) return value.axes;
  const unknown = names.filter((name) => !value.axes.some((axis) => axis.name === name));
  if (unknown.length > 0) throw new Error(`internal: no axis ${unknown.join(", ")} to edit by`);
  return value.axes.filter((axis) => names.includes(axis.name));
}
