/** @file Which heads of a layer a map has room for: the channels of a scan are hundreds in each layer. */
import type { HeadAt } from "induction-lens/browser";

/** Heads of a layer that a map shows, and units of one that has more of them. */
const MOST = { all: 64, best: 24 };

/**
 * By layer the heads to show: all, or of a layer with many those with the highest values and the chosen one, in their order.
 *
 * @param values [layer][head]
 */
export function shownHeads(
  values: readonly (readonly number[])[],
  chosen: HeadAt,
): readonly (readonly number[])[] {
  return values.map((row, layer) => {
    const all = [...row.keys()];
    if (row.length <= MOST.all) return all;
    const best = all.toSorted((a, b) => row[b]! - row[a]!).slice(0, MOST.best);
    const own = layer === chosen.layer ? [chosen.head] : [];
    return [...new Set([...best, ...own])].sort((a, b) => a - b);
  });
}

/** What a map leaves out, in a sentence; empty where it shows all. */
export function leftOutWords(
  values: readonly (readonly unknown[])[],
  shown: readonly (readonly number[])[],
): string {
  const most = Math.max(...values.map((row) => row.length));
  return values.some((row, layer) => row.length > shown[layer]!.length)
    ? `Of up to ${most} channels in a layer the ${MOST.best} with the highest scores are shown; downloads have all.`
    : "";
}
