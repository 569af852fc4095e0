import type { HeadAt } from "../base/headName.ts";

/**
 * The head with the highest number in layers before `end`; of equal ones the first.
 *
 * @param values [layer][head]
 * @returns null if there is no such layer
 */
export function bestHead(
  values: readonly (readonly number[])[],
  end = values.length,
): HeadAt | null {
  const heads = values
    .slice(0, end)
    .flatMap((row, layer) => row.map((value, head) => ({ layer, head, value })));
  const [best] = heads.toSorted((a, b) => b.value - a.value);
  return best ? { layer: best.layer, head: best.head } : null;
}
