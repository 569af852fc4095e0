/** @file Heads that attend at a fixed distance, whatever the tokens are: impostors of induction at one period. */
import { InputError } from "../base/errors.ts";
import { shapeOf, tensor, type Tensor } from "../base/tensor.ts";
import { queryMeanTable } from "./weightTable.ts";

/**
 * The weight table of one distance: mean over `queries` of A[q, q - distance].
 *
 * @returns axes [query, key]; uniform causal attention scores the mean of 1 / (q + 1)
 * @throws {InputError} "range" if a query lies closer than `distance` to the beginning
 */
export function distanceTable(
  length: number,
  queries: readonly number[],
  distance: number,
): Tensor {
  return queryMeanTable(length, queries, (query) => [query - distance]);
}

/**
 * Attention by distance: how much of it goes d tokens back, for every d that all rows have.
 *
 * stripe[d, head] = mean over `queries` of A[q, q - d], d = 0 ... min(queries).
 *
 * @param pattern attention weights, axes [head, query, key]
 * @returns axes [distance, head], 0 to 1; uniform causal attention scores the mean of 1 / (q + 1) at every d
 * @throws {InputError} "range" if there are no queries, or they are not in the pattern
 */
export function distanceScan(pattern: Tensor, queries: readonly number[]): Tensor<Float64Array> {
  const [heads, rows, keys] = shapeOf(pattern, ["head", "query", "key"]);
  const nearest = Math.min(...queries);
  if (!(queries.length > 0 && nearest >= 0 && Math.max(...queries) < Math.min(rows, keys))) {
    throw new InputError(
      "range",
      `distanceScan needs queries from 0 to ${Math.min(rows, keys) - 1}, got ${queries.join(", ") || "none"}`,
    );
  }
  const stripes = new Float64Array((nearest + 1) * heads);
  for (let distance = 0; distance <= nearest; distance++) {
    for (let head = 0; head < heads; head++) {
      let sum = 0;
      for (const query of queries) {
        sum += pattern.data[(head * rows + query) * keys + query - distance]!;
      }
      stripes[distance * heads + head] = sum / queries.length;
    }
  }
  return tensor(["distance", "head"], [nearest + 1, heads], stripes);
}

/** The distance at which a head attends most at every period. */
export interface FixedDistance {
  readonly distance: number;
  /** Attention there, at the period where it is least; 0 to 1. */
  readonly strength: number;
}

/**
 * The strongest fixed-distance stripe of each head that is there at every period: what makes a head `positional`.
 *
 * strength = max over d >= 2 of min over periods of stripe[period][d, head]. d = 0 and 1 are the current and the
 * previous token, which have scores of their own.
 *
 * @param scans one {@link distanceScan} per period, on control D, where nothing repeats
 * @returns one per head; uniform attention has about 1 / length
 * @throws {InputError} "range" if no distance from 2 up is in all scans, "shape" if heads differ
 */
export function fixedDistance(scans: readonly Tensor<Float64Array>[]): FixedDistance[] {
  const shapes = scans.map((scan) => shapeOf(scan, ["distance", "head"]));
  const heads = shapes[0]?.[1] ?? 0;
  if (shapes.some((shape) => shape[1] !== heads)) {
    throw new InputError(
      "shape",
      `fixedDistance needs scans of the same heads, got ${shapes.map((shape) => shape[1]).join(", ")}`,
    );
  }
  const distances = Math.min(...shapes.map((shape) => shape[0]));
  if (!(distances > 2) || scans.length === 0) {
    throw new InputError("range", "fixedDistance needs scans with distances of 2 and more");
  }
  return Array.from({ length: heads }, (_, head) => {
    let best: FixedDistance = { distance: 2, strength: -1 };
    for (let distance = 2; distance < distances; distance++) {
      const strength = Math.min(...scans.map((scan) => scan.data[distance * heads + head]!));
      if (strength > best.strength) best = { distance, strength };
    }
    return best;
  });
}
