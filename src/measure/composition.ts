/** @file Composition of two heads by their weights: how much of what one writes the other reads. */
import { Matrix } from "ml-matrix";
import { InputError } from "../base/errors.ts";
import { shapeOf, type Tensor } from "../base/tensor.ts";
import type { ValueOutput } from "./ovCopying.ts";

/** All four weight matrices of one head. */
export interface HeadWeights extends ValueOutput {
  /** W_Q, axes [d_model, d_head]. */
  readonly query: Tensor;
  /** W_K, axes [d_model, d_head]; with grouped keys that of the head's group. */
  readonly key: Tensor;
}

/** Input of the later head that the earlier one feeds. */
export type CompositionRoute = "q" | "k" | "v";

/**
 * How much of what `earlier` writes reaches the queries, keys or values of `later`.
 *
 * score = |W_OV(earlier) X| / (|W_OV(earlier)| |X|), Frobenius norms, with X = W_Q W_K^T of `later` (q), its transpose (k)
 * or its W_V W_O (v). Computed from d_head x d_head matrices: |V O Q K^T|^2 = tr(V^T V (O Q) K^T K (O Q)^T).
 *
 * @returns 0 to 1; random heads score about 1 / sqrt(d_model), see {@link compositionBaseline}; null if either is zero
 * @throws {InputError} "shape" unless d_model agrees
 * @see Elhage et al. 2021 and TransformerLens `all_composition_scores`, which subtract an empirical baseline and none
 */
export function composition(
  earlier: ValueOutput,
  later: HeadWeights,
  route: CompositionRoute,
): number | null {
  const value = matrixOf(earlier.value, ["d_model", "d_head"]);
  const output = matrixOf(earlier.output, ["d_head", "d_model"]);
  const query = matrixOf(later.query, ["d_model", "d_head"]);
  const key = matrixOf(later.key, ["d_model", "d_head"]);
  const laterOutput = matrixOf(later.output, ["d_head", "d_model"]).transpose();
  const [read, other] = {
    q: [query, key] as const,
    k: [key, query] as const,
    v: [matrixOf(later.value, ["d_model", "d_head"]), laterOutput] as const,
  }[route];
  if (output.columns !== read.rows) {
    throw new InputError(
      "shape",
      `composition needs heads of one d_model, got ${output.columns} and ${read.rows}`,
    );
  }
  const writing = productNorm(gram(value), output.mmul(output.transpose()));
  const reading = productNorm(gram(read), gram(other));
  if (writing === 0 || reading === 0) return null;
  const core = output.mmul(read); // [d_head, d_head]
  const joint = gram(value).mmul(core).mmul(gram(other)).mmul(core.transpose()).trace();
  return Math.sqrt(Math.max(0, joint)) / (writing * reading);
}

/** What two random heads score in {@link composition}: 1 / sqrt(d_model), checked by simulation. */
export function compositionBaseline(width: number): number {
  return 1 / Math.sqrt(width);
}

/** |A B^T| from A^T A and B^T B. */
function productNorm(left: Matrix, right: Matrix): number {
  return Math.sqrt(Math.max(0, left.mmul(right).trace()));
}

function gram(matrix: Matrix): Matrix {
  return matrix.transpose().mmul(matrix);
}

function matrixOf(value: Tensor, axes: readonly [string, string]): Matrix {
  const [rows, columns] = shapeOf(value, axes);
  return Matrix.from1DArray(rows, columns, value.data);
}
