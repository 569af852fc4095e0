/** @file Layers in words. */
import type { ArchitectureInfo } from "../results/architecture.ts";
import { plural } from "../base/plural.ts";

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
 * How far layers see: `global attention in layers 5, 11, 17; the last 512 tokens in all others`, or `the query's own chunk of 8192 tokens`; null where all see everything.
 * A window counts the query's own token.
 */
export function windowsNamed({ layers }: ArchitectureInfo["attention"]): string | null {
  const reaches = [...new Map(layers.map((layer) => [reachNamed(layer), layer]))];
  if (reaches.every(([name]) => name === GLOBAL)) return null;
  if (reaches.length === 1) return `${reaches[0]![0]} in every layer`;
  const own = (name: string) =>
    layers.filter((entry) => reachNamed(entry) === name).map(({ layer }) => layer);
  return reaches
    .toSorted(([, a], [, b]) => most(b) - most(a))
    .map(([name], place) => {
      const others = place > 0 && reaches.length === 2;
      return `${name} in ${others ? "all others" : layersNamed(own(name))}`;
    })
    .join("; ");
}

type Reach = Pick<ArchitectureInfo["attention"]["layers"][number], "window" | "chunk">;

const GLOBAL = "global attention";

/** How far a layer sees. */
function reachNamed({ window, chunk }: Reach): string {
  if (chunk !== undefined) return `the query's own chunk of ${plural(chunk, "token")}`;
  return window === null ? GLOBAL : `the last ${plural(window, "token")}`;
}

function most({ window, chunk }: Reach): number {
  return Math.min(window ?? Infinity, chunk ?? Infinity);
}
