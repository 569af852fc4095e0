import type { TensorData } from "../base/tensor.ts";
import type { Fill } from "../graph/program.ts";

/**
 * [query, key]: the bucket of d = key - query. With `bothWays` the second half of the buckets is for d > 0, else d > 0 counts
 * as 0. Of n buckets in one direction, the first n / 2 hold one distance each; a larger |d| goes to
 * n/2 + floor(ln(|d| / (n/2)) / ln(maxDistance / (n/2)) * n/2), at most n - 1.
 *
 * @see transformers, T5Attention._relative_position_bucket of modeling_t5.py
 */
export function relativeBuckets(
  data: TensorData,
  shape: readonly number[],
  { buckets, maxDistance, bothWays }: Extract<Fill, { kind: "relativeBuckets" }>,
): TensorData {
  const keys = shape[1]!;
  const count = bothWays ? Math.floor(buckets / 2) : buckets;
  return data.map((_: number, index: number) => {
    const distance = (index % keys) - Math.floor(index / keys);
    if (!bothWays) return bucketOf(Math.max(0, -distance), count, maxDistance);
    const first = distance > 0 ? count : 0;
    return first + bucketOf(Math.abs(distance), count, maxDistance);
  });
}

/** Logarithms are of float32 numbers, as in the reference, so that no distance changes its bucket. */
function bucketOf(distance: number, count: number, maxDistance: number): number {
  const exact = Math.floor(count / 2);
  if (distance < exact) return distance;
  const share = Math.fround(
    Math.fround(Math.log(Math.fround(distance / exact))) /
      Math.fround(Math.log(maxDistance / exact)),
  );
  const large = exact + Math.trunc(Math.fround(share * (count - exact)));
  return Math.min(large, count - 1);
}
