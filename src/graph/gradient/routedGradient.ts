/** @file Products with a matrix that each row chooses: back through the same matrices, and to each from the rows that chose it. */
import type { Name } from "../builder.ts";
import type { Rule, Step } from "./rule.ts";

export const routed: Rule<"routed"> = (step) => {
  const { inputs, gradient, write, typeOf } = step;
  const [x, ids, ...matrices] = inputs as [Name, Name, ...Name[]];
  const slot = typeOf(ids).axes.at(-1)!.name;
  const shared = typeOf(x).axes.length <= typeOf(ids).axes.length;
  const summed = (value: Name) => (shared ? write("sum", [value], { axes: [slot] }) : value);
  return [
    () => summed(write("routed", [gradient, ids, ...matrices], {})),
    null,
    ...matrices.map((matrix, index) => () => {
      const axes = typeOf(matrix).axes.map(({ name }) => name);
      return write("contract", [summed(ofMatrix(step, index)), x], { axes });
    }),
  ];
};

/** The gradient of the rows that chose a matrix, 0 in all others. */
function ofMatrix({ inputs, gradient, write }: Step<"routed">, index: number): Name {
  const size = inputs.length - 2;
  const marks = write("oneHot", [inputs[1]!], { axis: "choice", size });
  const mark = write("slice", [marks], { axis: "choice", start: index, end: index + 1 });
  return write("mul", [gradient, write("sum", [mark], { axes: ["choice"] })], {});
}
