/** @file Softmax of one row of logits, in float64. */

/**
 * log sum_i exp(x_i), shifted by the largest so that nothing overflows.
 *
 * @returns in nats; -Infinity without values
 */
export function logSumExp(logits: ArrayLike<number>): number {
  const { largest, sum } = shiftedSum(logits);
  return largest === -Infinity ? largest : largest + Math.log(sum);
}

/**
 * p_i = exp(x_i) / sum_j exp(x_j).
 *
 * @returns as many values as logits, 0 to 1, with sum 1; equal logits get 1 / n
 */
export function softmax(logits: ArrayLike<number>): Float64Array {
  const { largest, sum } = shiftedSum(logits);
  return Float64Array.from(logits, (logit) => Math.exp(logit - largest) / sum);
}

/** The largest logit, and the sum of exp(x_i - largest): the likeliest has probability 1 / sum. */
export function shiftedSum(logits: ArrayLike<number>): {
  readonly largest: number;
  readonly sum: number;
} {
  let [largest, sum] = [-Infinity, 0];
  for (let index = 0; index < logits.length; index++) largest = Math.max(largest, logits[index]!);
  for (let index = 0; index < logits.length; index++) sum += Math.exp(logits[index]! - largest);
  return { largest, sum };
}
