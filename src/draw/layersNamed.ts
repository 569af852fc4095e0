/** @file Layers in words. */
import type { ArchitectureInfo } from "../results/architecture.ts";

/** `layers 0-2, 4`. */
export function layersNamed(layers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const layer of layers) {
    const last = runs.at(-1);
    if (last && last[1] === layer - 1) last[1] = layer;
    else runs.push([layer, layer]);
  }
  const named = runs.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`));
  return `${layers.length === 1 ? "layer" : "layers"} ${named.join(", ")}`;
}

/** How far each layer sees, `global: layers 5, 11 · 512 tokens: layers 0-4, 6-10`; null where all see everything. */
export function windowsNamed({ layers }: ArchitectureInfo["attention"]): string | null {
  const windows = [...new Set(layers.map(({ window }) => window))];
  if (windows.every((window) => window === null)) return null;
  const name = (window: number | null) => (window === null ? "global" : `${window} tokens`);
  if (windows.length === 1) return `${name(windows[0]!)}: every layer`;
  const own = (window: number | null) =>
    layers.filter((one) => one.window === window).map(({ layer }) => layer);
  return windows
    .toSorted((one, other) => (other ?? Infinity) - (one ?? Infinity))
    .map((window) => `${name(window)}: ${layersNamed(own(window))}`)
    .join(" · ");
}
