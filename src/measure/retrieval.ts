import { InputError } from "../base/errors.ts";
import { shapeOf, type Tensor } from "../base/tensor.ts";
import { topOfEach } from "./topOfEach.ts";

/** A step of an answer: which query makes it, and where in the context its token stands. */
export interface RetrievalStep {
  /** Row of the pattern. */
  readonly query: number;
  readonly key: number;
  /** Whether the model's own first choice is that token; other steps count as missed. */
  readonly isSaid: boolean;
}

/**
 * How often a head's largest weight lies on the very token that the model is about to say.
 *
 * score = number of steps with isSaid and argmax_k A[query, k] = key / number of steps.
 *
 * @param pattern attention weights, axes [head, query, key]
 * @returns one share per head, 0 to 1. Even attention has no largest weight and scores 0
 * @throws {InputError} "range" if there is no step
 * @see Wu et al. 2024 (arXiv:2404.15574), retrieval score. Differs from it: the answer is given token by token, and what the model would
 *   not have said counts as missed, where theirs lets it say something else and goes on from that
 */
export function retrievalScore(pattern: Tensor, steps: readonly RetrievalStep[]): Float64Array {
  const [heads, queries, keys] = shapeOf(pattern, ["head", "query", "key"]);
  if (steps.length === 0)
    throw new InputError("range", "retrievalScore needs at least one step, got none");
  return Float64Array.from({ length: heads }, (_, head) => {
    const from = head * queries * keys;
    const tops = topOfEach(pattern.data.subarray(from, from + queries * keys), keys);
    return (
      steps.filter(({ query, key, isSaid }) => isSaid && tops[query] === key).length / steps.length
    );
  });
}
