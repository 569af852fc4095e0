/** @file How well a model predicts: losses of both copies, what copying gains, and Olsson's in-context score. Nats. */
import { InputError } from "../base/errors.ts";
import { shapeOf, type Tensor, type TensorData } from "../base/tensor.ts";
import { checkRepeats } from "./repeats.ts";

/** Mean losses in nats, one per sequence. */
export interface CopyLosses {
  readonly firstCopy: Float64Array;
  readonly secondCopy: Float64Array;
  /** firstCopy - secondCopy: above 0 if the model makes use of the repetition. */
  readonly copyGain: Float64Array;
}

/**
 * How hard the tokens of each copy are to predict, without the first, which nothing in its copy leads to.
 *
 * With S = period, for each sequence: firstCopy = mean of loss[p] over p = start + 1 ... start + S - 1, and secondCopy
 * over p = start + S + 1 ... start + 2S - 1.
 *
 * @param losses -log p(token at p | tokens before p), nats, axes [sequence, position] with one entry per token. The entry
 *   at position 0 (and all others outside the two ranges) is not read, whatever it is
 * @returns per sequence, nats. A model that knows nothing has ln(vocabulary) in both and a gain of 0
 * @throws {InputError} "range" if the two copies do not fit, "shape" if the axes differ
 * @see ARENA's `[:S]` and `[S:]`, which include the first tokens of both copies
 */
export function copyLosses(
  losses: Tensor<TensorData>,
  { start, period }: { readonly start: number; readonly period: number },
): CopyLosses {
  const [sequences, length] = shapeOf(losses, ["sequence", "position"]);
  checkRepeats("copyLosses", { start, period, length });
  const meanFrom = (first: number) =>
    Float64Array.from({ length: sequences }, (_, sequence) => {
      let sum = 0;
      for (let offset = 1; offset < period; offset++) {
        sum += losses.data[sequence * length + first + offset]!;
      }
      return sum / (period - 1);
    });
  const firstCopy = meanFrom(start);
  const secondCopy = meanFrom(start + period);
  return {
    firstCopy,
    secondCopy,
    copyGain: firstCopy.map((loss, sequence) => loss - secondCopy[sequence]!),
  };
}

/**
 * Olsson et al.'s in-context-learning score: how much easier late tokens are than early ones.
 *
 * score = loss[late] - loss[early], for each sequence, in nats; negative means that the model learns in context.
 *
 * @param losses as for {@link copyLosses}, on natural text of more than `late` tokens
 * @param options positions of the predicted tokens, 0-based with BOS counted. Default 50 and 500 as in the paper, which
 *   does not say whether it counts from 0 or 1
 * @returns per sequence, nats; about -0.4 for trained language models of any size, 0 for a model without context
 * @throws {InputError} "range" unless 1 <= early < late < length
 * @see Olsson et al. 2022 (arXiv:2209.11895), averaged over 10,000 examples of 512 tokens
 */
export function olssonInContextScore(
  losses: Tensor<TensorData>,
  { early = 50, late = 500 }: { readonly early?: number; readonly late?: number } = {},
): Float64Array {
  const [sequences, length] = shapeOf(losses, ["sequence", "position"]);
  if (!(early >= 1 && early < late && late < length)) {
    throw new InputError(
      "range",
      `icl.olsson needs 1 <= early < late < ${length} tokens, got early ${early} and late ${late}`,
    );
  }
  return Float64Array.from(
    { length: sequences },
    (_, sequence) =>
      losses.data[sequence * length + late]! - losses.data[sequence * length + early]!,
  );
}
