import { InputError } from "../../base/errors.ts";
import { builder, type Builder, type Name } from "../builder.ts";
import { formatAxes } from "../axes.ts";
import { producerOf, typesOf, type Program } from "../program.ts";
import { intercept } from "./intercept.ts";

/** A change of a Program: it takes one and returns another. */
export type Edit = (program: Program) => Program;

/**
 * Put what `change` makes in the place of the value `name`: a forward hook, as data. Everything that reads `name` reads the
 * new value; `change` may use every value that the program makes before it.
 *
 * ```js
 * const halved = hook(program, "blocks.1.attn.hook_z", (b, z) => b.mul(z, b.constant("half", {}, [0.5])));
 * ```
 *
 * @param change gets a builder and the name of the value as it was; returns the name of a value with the same axes
 * @throws {InputError} "unknown-value" if the program does not make `name`, "unread" if nothing reads it, "shape" if
 *   operations do not fit or the new value has other axes
 */
export function hook(
  program: Program,
  name: string,
  change: (b: Builder, value: Name) => Name,
): Program {
  const before = program.ops.slice(0, program.ops.indexOf(producerOf(program, name)) + 1);
  return intercept(program, name, (type, value) => {
    const ops = before.map((op) => (op.output === name ? { ...op, output: value } : op));
    const b = builder({ ...program, ops });
    const result = fitting(name, () => change(b, value));
    const built = b.program([result]);
    const axes = formatAxes(typesOf(built).get(result)!.axes);
    if (axes !== formatAxes(type.axes))
      throw new InputError(
        "shape",
        `a hook on ${name} must give a value of its axes ${formatAxes(type.axes)}, got ${axes}`,
      );
    return {
      inputs: built.inputs.slice(program.inputs.length),
      constants: built.constants.slice(program.constants.length),
      ops: [
        ...built.ops.slice(ops.length),
        { op: "rename", inputs: [result], output: name, attributes: { names: {} } },
      ],
    };
  });
}

/** The builder's errors about shapes are faults of the project, unless somebody else wrote the operations. */
function fitting(name: string, change: () => Name): Name {
  try {
    return change();
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith("internal: ")) throw error;
    const problem = error.message.slice("internal: ".length);
    throw new InputError("shape", `a hook on ${name} does not fit: ${problem}`, { cause: error });
  }
}
