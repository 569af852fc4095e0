/** @file Reading by index and its transposes: each is the other's gradient. */
import type { Name } from "../builder.ts";
import type { OpAttributes } from "../ops.ts";
import type { Part, Rule, Way } from "./rule.ts";

export const gather: Rule<"gather"> = (step) => [() => onto(step, "addGathered", {}), null];
export const pick: Rule<"pick"> = (step) => [() => onto(step, "addPicked", {}), null];
export const take: Rule<"take"> = (step) => [() => onto(step, "addTaken", step.attributes), null];

export const addGathered: Rule<"addGathered"> = ({ inputs, gradient, write }) => [
  () => gradient,
  null,
  () => write("gather", [gradient, inputs[1]!], {}),
];
export const addPicked: Rule<"addPicked"> = ({ inputs, gradient, write }) => [
  () => gradient,
  null,
  () => write("pick", [gradient, inputs[1]!], {}),
];
export const addTaken: Rule<"addTaken"> = ({ inputs, attributes, gradient, write }) => [
  () => gradient,
  null,
  () => write("take", [gradient, inputs[1]!], attributes),
];

/** The gradient of the entries that were read is added to what the value's other readers sent back. */
function onto<Kind extends "addGathered" | "addPicked" | "addTaken">(
  { inputs, gradient, write, number }: Way,
  kind: Kind,
  attributes: OpAttributes[Kind],
): Part {
  const [x, ids] = inputs as [Name, Name];
  return (rest) =>
    write(kind, [rest ?? write("stretch", [number(0), x], {}), ids, gradient], attributes);
}
