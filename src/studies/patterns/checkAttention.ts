import { InputError } from "../../base/errors.ts";
import type { Mask } from "./result.ts";
import type { AttentionLayers } from "./attentionLayers.ts";

/** How far the sum of a row may be from 1: half precision needs some. */
export const ROW_SUM_TOLERANCE = 1e-3;
const LEAST = 1e-6;

/**
 * Refuses arrays that are not attention after softmax: values that are negative or no numbers, rows that do not sum to
 * 1, or attention to later positions under a causal mask.
 *
 * @returns whether any attention goes to later positions
 * @throws {InputError} "attention" naming layer, sequence, head and query (all 0-based) of the first violation
 */
export function checkAttention({ layers, shape, values }: AttentionLayers, mask: Mask): boolean {
  const [batch, heads, queries, keys] = shape;
  let looksAhead = false;
  values.forEach((attention, index) => {
    for (let row = 0; row < batch * heads * queries; row++) {
      const query = row % queries;
      const fault = rowFault(attention.subarray(row * keys, (row + 1) * keys));
      const ahead = mask === "cross" ? -1 : aheadIn(attention, row * keys, query, keys);
      looksAhead ||= ahead >= 0;
      const future = mask === "causal" && ahead >= 0;
      if (fault === null && !future) continue;
      const head = Math.floor(row / queries) % heads;
      const sequence = Math.floor(row / queries / heads);
      const place = `layer ${layers[index]}, sequence ${sequence}, head ${head}, query ${query}`;
      throw new InputError(
        "attention",
        `attention ${fault ?? `under a causal mask must not go to later positions, has ${attention[row * keys + ahead]} at key ${ahead}`}, in ${place}`,
      );
    }
  });
  return looksAhead;
}

/** What is wrong with one row, or null. */
function rowFault(row: Float32Array): string | null {
  let sum = 0;
  for (const [key, weight] of row.entries()) {
    if (!(weight >= -LEAST && weight < Infinity))
      return `needs weights from 0 to 1, got ${weight} at key ${key}`;
    sum += weight;
  }
  if (Math.abs(sum - 1) <= ROW_SUM_TOLERANCE) return null;
  return `needs rows that sum to 1, got a sum of ${sum.toPrecision(6)}`;
}

/** The first later key with attention, or -1. */
function aheadIn(attention: Float32Array, rowAt: number, query: number, keys: number): number {
  for (let key = query + 1; key < keys; key++) if (attention[rowAt + key]! > LEAST) return key;
  return -1;
}
