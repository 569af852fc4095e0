/** @file How long the residual stream is where norms divide by that, so that weights can be made for what is left. */
import type { Block, Stream } from "./stream.ts";
import type { Plan } from "./plans.ts";
import type { Scenario } from "./scenario.ts";
import type { WiredHead } from "./wire.ts";

/** Lengths at second-copy positions, by layer. */
export interface TypicalNorms {
  readonly ln1: readonly number[];
  readonly ln2: readonly number[];
  readonly final: number;
}

/** Sums what is planted: codes have length 1, what several heads write into one block adds up. */
export function typicalNorms(
  { positions, layout, norm }: Plan,
  { mlps }: Scenario,
  heads: readonly (readonly (WiredHead | null)[])[],
  { constant }: Stream,
): TypicalNorms {
  const levels = new Map<Block, number>([["token", 1]]);
  if (positions === "standard") levels.set("position", 1);
  const length = () =>
    Math.sqrt([...levels.values()].reduce((sum, level) => sum + level ** 2, constant ** 2));
  const ln1: number[] = [];
  const ln2: number[] = [];
  heads.forEach((layer, at) => {
    ln1.push(length());
    for (const head of layer)
      if (head?.copies) {
        const { from, to, strength } = head.copies;
        if (to === "mean" && norm?.startsWith("LN")) continue;
        const part = from === "constant" ? 1 : (head.part ?? 1); // every position has the constant
        levels.set(to, (levels.get(to) ?? 0) + strength * part);
      }
    ln2.push(layout === "gpt_neox" ? ln1[at]! : length());
    if (mlps[at] === "derive") levels.set("derived", 1);
    if (mlps[at] === "cancel") levels.set("shadow", 0);
  });
  return { ln1, ln2, final: length() };
}
