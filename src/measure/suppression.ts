import type { Tensor } from "../base/tensor.ts";
import { shapeOf } from "../base/tensor.ts";

/**
 * For each position the earlier one whose token is predicted most there.
 *
 * s*(d) = argmax over s of lens[d, s], s in `candidates`, s < d, token[s] other than token[d].
 *
 * @param lens logits of the tokens at `key` as they stand at `query`, axes [query, key]
 * @param candidates whether a key may be chosen
 * @returns a position; -1 where there is none
 */
export function mostPredicted(
  lens: Tensor,
  tokens: ArrayLike<number>,
  candidates: (key: number) => boolean,
): number[] {
  const [queries, keys] = shapeOf(lens, ["query", "key"]);
  return Array.from({ length: queries }, (_, query) => {
    let best = -1;
    for (let key = 0; key < query; key++) {
      if (!candidates(key) || tokens[key] === tokens[query]) continue;
      const at = (place: number) => lens.data[query * keys + place]!;
      if (best < 0 || at(key) > at(best)) best = key;
    }
    return best;
  });
}

/** What a copy-suppression score is made from, of one head. */
export interface Suppression {
  /** Axes [query, key]. */
  readonly pattern: Tensor;
  /** Values of the head, axes [key, entry]. */
  readonly values: Tensor;
  /** How an entry of the head's output raises the logit of each query's own target, less the mean over the vocabulary: [query, entry]. */
  readonly directions: Tensor;
}

/**
 * By how much a head lowers the logit of one earlier token by attending to it.
 *
 * score = - mean over d of A[d, s(d)] v[s(d)] . direction[d], the direction that of token[s(d)].
 *
 * @param sources s(d) by query; -1: the query is left out
 * @returns logits; above 0: suppresses what it sees, below: copies it. A head that attends elsewhere, or writes nothing, has 0; null
 *   without any query
 * @see McDougall et al. 2023 (arXiv:2310.04625), figure 3. Differs from it: centred logits, and the mean over all positions of a text
 */
export function suppressionScore(
  { pattern, values, directions }: Suppression,
  sources: readonly number[],
): number | null {
  const keys = pattern.shape[1]!;
  const size = values.shape[1]!;
  let [sum, count] = [0, 0];
  sources.forEach((source, query) => {
    if (source < 0) return;
    let raised = 0;
    for (let entry = 0; entry < size; entry++)
      raised += values.data[source * size + entry]! * directions.data[query * size + entry]!;
    sum -= pattern.data[query * keys + source]! * raised;
    count += 1;
  });
  return count === 0 ? null : sum / count;
}
