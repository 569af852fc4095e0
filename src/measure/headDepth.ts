/**
 * Where in the model a layer is: the share of its layers that lie before this one.
 *
 * depth = layer / layers, from 0 (the first layer) to (layers - 1) / layers. So "from L/2 to 3L/4" is from .5 to .75.
 *
 * @see Other work divides by layers - 1, which calls the last layer 1 and has no value for a model of one layer
 */
export function headDepth(layer: number, layers: number): number {
  return layer / layers;
}

/** Where induction heads of small language models are said to lie: from L/2 to 3L/4. Results count how many do. */
export const CLAIMED_DEPTHS = { low: 0.5, high: 0.75 } as const;

export function isAtClaimedDepth(depth: number): boolean {
  return depth >= CLAIMED_DEPTHS.low && depth <= CLAIMED_DEPTHS.high;
}
