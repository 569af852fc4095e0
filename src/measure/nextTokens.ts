/** @file Which token each position predicts, and where its loss belongs. */
import { shapeOf, tensor, type Tensor } from "../base/tensor.ts";

/** The token to predict at each position: the next one of its row; 0 after the last. Axes [batch, position]. */
export function nextTokens(tokens: Tensor<Int32Array>): Tensor<Int32Array> {
  const [, length] = shapeOf(tokens, ["batch", "position"]);
  const data = tokens.data.map((_, index) =>
    index % length === length - 1 ? 0 : tokens.data[index + 1]!,
  );
  return tensor(tokens.axes, tokens.shape, data);
}

/**
 * Losses at the token that they are of: the loss of a position is that of the token after it.
 *
 * @param losses axes [batch, position], by the position that predicts
 * @returns axes [sequence, position], by the token; NaN for the first, which nothing predicts
 */
export function lossesByToken({ shape, data }: Tensor): Tensor {
  const length = shape[1]!;
  const moved = data.map((_, index) => (index % length === 0 ? NaN : data[index - 1]!));
  return tensor(["sequence", "position"], shape, moved);
}
