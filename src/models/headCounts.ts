/** @file How many heads a layer has: in hybrids, layers of attention and of scans differ. */
import type { Architecture } from "./family.ts";

type Counts = Pick<Architecture, "layers" | "heads" | "headsByLayer">;

/** Heads of a layer, or units of its scan. */
export function headsIn({ heads, headsByLayer }: Omit<Counts, "layers">, layer: number): number {
  return headsByLayer?.[layer] ?? heads;
}

/** For each layer, how many heads the layers before it have; the last entry is the number of all heads. */
export function headOffsets(architecture: Counts): number[] {
  const offsets = [0];
  for (let layer = 0; layer < architecture.layers; layer++)
    offsets.push(offsets[layer]! + headsIn(architecture, layer));
  return offsets;
}
