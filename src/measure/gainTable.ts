/** @file What attention gains on what other queries pay the same keys: heads that always look at one token gain nothing. */
import { tensor, type Tensor } from "../base/tensor.ts";

/**
 * The weight table of the gain: what queries pay their targets, less what other queries pay the same keys on average.
 *
 * gain[q, k] = T[q, k] - mean-share: for each T[q, k] > 0, every other query q' > k with T[q', k] = 0 gets - T[q, k] / n, n their
 * number. It is linear in the pattern, so sum(gain * A) is the score less its baseline.
 *
 * @param table weights of targets, axes [query, key], 0 elsewhere
 * @returns axes as `table`. A head whose attention to a key is the same from all queries behind it scores 0, also one that looks at
 *   the first token always; one that attends to its targets alone scores what `table` scores
 */
export function gainTable({ axes, shape, data }: Tensor): Tensor<Float32Array> {
  const [length = 0] = shape;
  const gain = Float32Array.from(data);
  for (let key = 0; key < length; key++) {
    const queries = Array.from({ length: length - key - 1 }, (_, index) => key + 1 + index);
    const paid = queries.reduce((sum, query) => sum + data[query * length + key]!, 0);
    const others = queries.filter((query) => data[query * length + key] === 0);
    for (const query of others) gain[query * length + key]! -= paid / others.length;
  }
  return tensor(axes, [...shape], gain);
}
