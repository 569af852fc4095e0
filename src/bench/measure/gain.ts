import { InputError } from "../../base/errors.ts";
import { shapeOf, tensor, type Tensor, type TensorData } from "../../base/tensor.ts";

/**
 * What of a score is due to the repetition itself.
 *
 * gain[head, sequence] = score - max(disjoint, reshuffled), of the same head, rows and offsets, where the larger control
 * is chosen per head by its mean over sequences. (A maximum within each sequence would be biased upwards by noise.)
 *
 * @param score on repeated tokens, axes [head, sequence], 0 to 1
 * @param disjoint the same table on control D
 * @param reshuffled the same table on control R
 * @returns axes [head, sequence], -1 to 1; 0 in the mean for uniform and for purely positional attention
 * @throws {InputError} "shape" unless all three agree
 */
export function gain(
  score: Tensor<TensorData>,
  disjoint: Tensor<TensorData>,
  reshuffled: Tensor<TensorData>,
): Tensor<Float64Array> {
  const [heads, sequences] = shapeOf(score, ["head", "sequence"]);
  for (const control of [disjoint, reshuffled]) {
    const size = shapeOf(control, ["head", "sequence"]);
    if (size[0] !== heads || size[1] !== sequences) {
      throw new InputError(
        "shape",
        `gain needs controls of ${heads} heads x ${sequences} sequences, got ${size.join(" x ")}`,
      );
    }
  }
  const gains = new Float64Array(heads * sequences);
  for (let head = 0; head < heads; head++) {
    const from = head * sequences;
    const total = (values: TensorData) =>
      Array.from(values.subarray(from, from + sequences)).reduce((sum, value) => sum + value, 0);
    const control =
      total(disjoint.data) >= total(reshuffled.data) ? disjoint.data : reshuffled.data;
    for (let place = from; place < from + sequences; place++) {
      gains[place] = score.data[place]! - control[place]!;
    }
  }
  return tensor(["head", "sequence"], [heads, sequences], gains);
}
