import type { Name } from "../builder.ts";

import type { Way } from "./rule.ts";

/** `x` summed over the axes that `to` was stretched over: those it lacks and those it has with size 1. */
export function shrunk({ write, typeOf }: Way, x: Name, to: Name): Name {
  const target = typeOf(to).axes;
  const axes = typeOf(x).axes.flatMap(({ name, size }) => {
    const match = target.find((axis) => axis.name === name);
    return match && (match.size !== 1 || size === 1) ? [] : [name];
  });
  if (axes.length === 0) return x;
  const total = write("sum", [x], { axes });
  return typeOf(total).axes.length === target.length ? total : write("stretch", [total, to], {});
}
