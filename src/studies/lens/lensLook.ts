/** @file What is kept of a stream's logits, position by position; the logits themselves are large. */
import type { Tensor } from "../../base/tensor.ts";
import { shiftedSum, softmax } from "../../measure/softmax.ts";

/** What the logits of one position say of a target. */
export interface LensLook {
  readonly logit: number;
  readonly meanLogit: number;
  readonly logProbability: number;
  readonly rank: number;
  /** The most likely token and its probability. */
  readonly token: number;
  readonly most: number;
}

/** One position of logits [batch, position, d_vocab]. */
function lookAt({ data, shape }: Tensor, place: number, target: number): LensLook {
  const vocabulary = shape.at(-1)!;
  const start = place * vocabulary;
  const logit = data[start + target]!;
  let [token, larger, total] = [0, 0, 0];
  for (let id = 0; id < vocabulary; id++) {
    const value = data[start + id]!;
    if (value > data[start + token]!) token = id;
    if (value > logit) larger += 1;
    total += value;
  }
  const { largest, sum } = shiftedSum(data.subarray(start, start + vocabulary));
  const all = largest + Math.log(sum);
  return {
    logit,
    meanLogit: total / vocabulary,
    logProbability: logit - all,
    rank: larger + 1,
    token,
    most: 1 / sum,
  };
}

/** Every position of logits [batch, position, d_vocab], in the order of `targets`, [batch, position]. */
export function looksAt(logits: Tensor, targets: Tensor<Int32Array>): LensLook[] {
  return Array.from(targets.data, (target, place) => lookAt(logits, place, target));
}

/** One position of logits [batch, position, d_vocab] as probabilities. */
export function probabilitiesOf({ data, shape }: Tensor, place: number): Float64Array {
  const vocabulary = shape.at(-1)!;
  return softmax(data.subarray(place * vocabulary, (place + 1) * vocabulary));
}
