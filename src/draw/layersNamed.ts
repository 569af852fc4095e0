/** @file Layers in words. */
import type { ArchitectureInfo } from "../results/architecture.ts";
import { plural } from "./numbers.ts";

/** `layers 0-2, 4`. */
export function layersNamed(layers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const layer of layers) {
    const last = runs.at(-1);
    if (last && last[1] === layer - 1) last[1] = layer;
    else runs.push([layer, layer]);
  }
  const ranges = runs.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`));
  return `${layers.length === 1 ? "layer" : "layers"} ${ranges.join(", ")}`;
}

/**
 * How far layers see: `global attention in layers 5, 11, 17; the last 512 tokens in all others`; null where all see everything.
 * A window counts the query's own token.
 */
export function windowsNamed({ layers }: ArchitectureInfo["attention"]): string | null {
  const windows = [...new Set(layers.map(({ window }) => window))];
  if (windows.every((window) => window === null)) return null;
  if (windows.length === 1) return `${reachNamed(windows[0]!)} in every layer`;
  const own = (window: number | null) =>
    layers.filter((entry) => entry.window === window).map(({ layer }) => layer);
  return windows
    .toSorted((window, other) => (other ?? Infinity) - (window ?? Infinity))
    .map((window, place) => {
      const others = place > 0 && windows.length === 2;
      return `${reachNamed(window)} in ${others ? "all others" : layersNamed(own(window))}`;
    })
    .join("; ");
}

/** How far a layer with this window sees. */
function reachNamed(window: number | null): string {
  return window === null ? "global attention" : `the last ${plural(window, "token")}`;
}
