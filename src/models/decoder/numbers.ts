import type { Builder, Name } from "../../graph/builder.ts";

/** A number without axes, once for each value. */
export function number(b: Builder, value: number): Name {
  return b.constant(`number ${value}`, {}, [value]);
}

/** x times a number, as the value `as`; x itself for 1. */
export function times(b: Builder, x: Name, factor: number, as?: Name): Name {
  return factor === 1 && as === undefined ? x : b.mul(x, number(b, factor), as);
}

/** c tanh(x / c): nearly x where it is small, never beyond c. */
export function softcap(b: Builder, x: Name, cap: number, as?: Name): Name {
  return times(b, b.op("tanh", [times(b, x, 1 / cap)], {}), cap, as);
}
