/** @file The dynamic threshold of Mechanistic-Interpretability (a seed of this project), as written. */
import { InputError } from "../../base/errors.ts";
import { shapeOf, type Tensor } from "../../base/tensor.ts";

/** What the original concludes about one sequence and one layer. */
export interface VarianceLabel {
  readonly score: number;
  readonly threshold: number;
  readonly label: boolean;
}

/**
 * The variance threshold as its code computes it, for one sequence and the heads of one layer.
 *
 * threshold = 0.5 * mean over heads and queries of var_k(A[head, q, :]), with n - 1 in the variance.
 * score = mean over keys of mean over queries of A[1, q, k]: the code means the diagonal next to the main one, but
 * takes it over (batch, head), which leaves head 1 alone. Since rows sum to 1 this is 1 / keys, whatever the head does.
 *
 * The variance of a row that sums to 1 is at most 1 / T (all on one key), so the threshold never exceeds 1 / (2T): every
 * sequence is labelled, whatever the model does.
 * For its sane reading, a threshold from the null distribution of scores, see thresholdFromNull.
 *
 * @param pattern attention weights of one layer, axes [head, query, key], at least two heads
 * @returns score, threshold and label of the sequence, not of a head
 * @throws {InputError} "range" with fewer than two heads or keys
 */
export function legacyVarianceLabel(pattern: Tensor): VarianceLabel {
  const [heads, queries, keys] = shapeOf(pattern, ["head", "query", "key"]);
  if (heads < 2 || keys < 2) {
    throw new InputError(
      "range",
      `the variance threshold needs 2 heads and 2 keys, got ${heads} and ${keys}`,
    );
  }
  let variances = 0;
  let received = 0;
  for (let row = 0; row < heads * queries; row++) {
    const attention = pattern.data.subarray(row * keys, (row + 1) * keys);
    const sum = attention.reduce((total, weight) => total + weight, 0);
    const squares = attention.reduce((total, weight) => total + (weight - sum / keys) ** 2, 0);
    variances += squares / (keys - 1);
    if (Math.floor(row / queries) === 1) received += sum;
  }
  const threshold = (0.5 * variances) / (heads * queries);
  const score = received / queries / keys;
  return { score, threshold, label: score > threshold };
}
