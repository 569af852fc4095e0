import { shapeOf, type Tensor } from "../base/tensor.ts";

/**
 * Scores of a layer as a run gives them, by measure and head.
 *
 * @param scores axes [batch, measure, head]
 * @returns [measure][head], each with one value for each row of the batch
 * @throws {InputError} "shape" for other axes
 */
export function unpackScores(scores: Tensor): Float64Array[][] {
  const [rows, measures, heads] = shapeOf(scores, ["batch", "measure", "head"]);
  return Array.from({ length: measures }, (_, measure) =>
    Array.from({ length: heads }, (_head, head) =>
      Float64Array.from(
        { length: rows },
        (_row, row) => scores.data[(row * measures + measure) * heads + head]!,
      ),
    ),
  );
}
