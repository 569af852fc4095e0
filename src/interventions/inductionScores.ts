import type { HeadAt } from "../base/headName.ts";
import type { Pair } from "../inputs/pair.ts";
import { hookName } from "../models/anatomy/hookNames.ts";
import type { State } from "./chainRun.ts";
import { valueOf } from "./rows.ts";

/** Mean weight at the induction target over the second copy and over heads, one per example. */
export function inductionScores(
  state: State,
  heads: readonly HeadAt[],
  { start, period }: Pick<Pair, "start" | "period">,
): number[] {
  const patterns = heads.map(({ layer }) => valueOf(state, hookName(layer, "attn.hook_pattern")));
  const [examples, headCount, length] = patterns[0]!.shape as readonly [number, number, number];
  return Array.from({ length: examples }, (_, example) => {
    let sum = 0;
    heads.forEach(({ head }, index) => {
      for (let offset = 0; offset < period; offset++) {
        const query = start + period + offset;
        const row = ((example * headCount + head) * length + query) * length;
        sum += patterns[index]!.data[row + query - period + 1]!;
      }
    });
    return sum / (period * heads.length);
  });
}
