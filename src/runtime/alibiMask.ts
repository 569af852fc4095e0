import type { TensorData } from "../base/tensor.ts";
import type { Fill } from "../graph/program.ts";

/**
 * [head, query, key]: slope (key - query) where the key is at most the query and, with a window, within it; elsewhere minus
 * infinity. It is as large as the pattern of one sequence. `rounded`: (r(r(slope) key) - r(r(slope) query)) * rounded, with
 * r rounding to bfloat16.
 */
export function alibiMask(
  data: TensorData,
  shape: readonly number[],
  { slopes, window, rounded }: Extract<Fill, { kind: "alibiMask" }>,
): TensorData {
  const [heads, queries, keys] = shape as [number, number, number];
  for (let head = 0; head < heads; head++) {
    const at = slopeValues(slopes[head]!, Math.max(queries, keys), rounded);
    for (let query = 0; query < queries; query++) {
      const row = (head * queries + query) * keys;
      for (let key = 0; key < keys; key++) {
        const isVisible = key <= query && (window === null || key > query - window);
        data[row + key] = isVisible ? at[key]! - at[query]! : -Infinity;
      }
    }
  }
  return data;
}

/** What a slope gives at each position, in float64. */
function slopeValues(slope: number, length: number, rounded?: number): Float64Array {
  const at = new Float64Array(length);
  return rounded === undefined
    ? at.map((_, position) => slope * position)
    : at.map((_, position) => rounded * bfloat16(bfloat16(slope) * position));
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The nearest number with 8 significant bits, ties to even. */
function bfloat16(value: number): number {
  float[0] = value;
  const half = 0x7fff + ((bits[0]! >>> 16) & 1);
  bits[0] = ((bits[0]! + half) & 0xffff0000) >>> 0;
  return float[0];
}
