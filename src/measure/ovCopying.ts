/** @file Copying by the OV circuit: what the weights alone say about what a head writes. It supports and never decides. */
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { InputError } from "../base/errors.ts";
import { shapeOf, type Tensor } from "../base/tensor.ts";

/**
 * The share of a matrix's eigenvalues that is positive: sum of lambda over sum of |lambda|.
 *
 * @param matrix square
 * @returns 1 for pure copying, -1 for pure anti-copying, about 0 for a random matrix; null ("none") if there are no
 *   eigenvalues to speak of, such as for a zero matrix; never NaN
 * @throws {InputError} "shape" unless square, "range" for NaN or infinity
 * @see Elhage et al. 2021, "Detecting copying": strong but not decisive. Eigenvalues come in conjugate pairs, so the sum
 *   is real, and equals the trace
 */
export function eigenvalueShare(matrix: Matrix): number | null {
  if (!matrix.isSquare()) {
    throw new InputError(
      "shape",
      `eigenvalueShare needs a square matrix, got ${matrix.rows} x ${matrix.columns}`,
    );
  }
  const size = matrix.norm("frobenius");
  if (size === 0) return null;
  if (!Number.isFinite(size)) {
    // The decomposition would never end.
    throw new InputError("range", "eigenvalueShare needs finite numbers, got NaN or Infinity");
  }
  const { realEigenvalues, imaginaryEigenvalues } = new EigenvalueDecomposition(
    Matrix.div(matrix, size),
  );
  const lengths = realEigenvalues.map((real, index) =>
    Math.hypot(real, imaginaryEigenvalues[index]!),
  );
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total < 1e-12) return null;
  return realEigenvalues.reduce((sum, real) => sum + real, 0) / total;
}

/** Weights of one head. */
export interface ValueOutput {
  /** W_V, axes [d_model, d_head]. */
  readonly value: Tensor;
  /** W_O, axes [d_head, d_model]. */
  readonly output: Tensor;
}

/**
 * The small matrix with the eigenvalues of the OV circuit.
 *
 * The nonzero eigenvalues of W_E W_V W_O W_U (d_vocab x d_vocab) are those of W_O (W_U W_E) W_V (d_head x d_head), and
 * those of W_V W_O alone are those of W_O W_V.
 *
 * @param between W_U W_E, axes [row, column] of d_model x d_model, see {@link vocabularyProduct}; absent for W_V W_O alone
 * @returns d_head x d_head, for {@link eigenvalueShare}
 * @throws {InputError} "shape" unless sizes agree
 * @see the sign depends on the embedding: GPT-2's 11.10 has +.99 with W_E and -.996 with the effective embedding
 *   W_E + MLP0(W_E). So results name the one that was used
 */
export function ovCore({ value, output }: ValueOutput, between?: Tensor): Matrix {
  const [width, size] = shapeOf(value, ["d_model", "d_head"]);
  const [outer, outWidth] = shapeOf(output, ["d_head", "d_model"]);
  if (size !== outer || width !== outWidth) {
    throw new InputError(
      "shape",
      `ovCore needs W_V and W_O of one head, got ${width} x ${size} and ${outer} x ${outWidth}`,
    );
  }
  const read = between ? matrixOf(between).mmul(matrixOf(value)) : matrixOf(value);
  return matrixOf(output).mmul(read);
}

/**
 * W_U W_E, computed once for a model: how an output along one direction of the residual stream scores embeddings.
 *
 * product[m, n] = sum over tokens of W_U[m, token] * W_E[token, n]
 *
 * @param unembed axes [d_model, d_vocab]
 * @param embed axes [d_vocab, d_model]: raw, or effective (W_E + MLP0(W_E))
 * @returns axes [row, column], d_model x d_model; d_model^2 * d_vocab multiplications
 */
export function vocabularyProduct(unembed: Tensor, embed: Tensor): Tensor {
  const [width, vocabulary] = shapeOf(unembed, ["d_model", "d_vocab"]);
  const [tokens, columns] = shapeOf(embed, ["d_vocab", "d_model"]);
  if (tokens !== vocabulary || columns !== width) {
    throw new InputError(
      "shape",
      `vocabularyProduct needs W_U and W_E of one model, got ${width} x ${vocabulary} and ${tokens} x ${columns}`,
    );
  }
  const sums = new Float64Array(width * width);
  for (let token = 0; token < vocabulary; token++) {
    for (let row = 0; row < width; row++) {
      const weight = unembed.data[row * vocabulary + token]!;
      for (let column = 0; column < width; column++) {
        sums[row * width + column]! += weight * embed.data[token * width + column]!;
      }
    }
  }
  return { axes: ["row", "column"], shape: [width, width], data: Float32Array.from(sums) };
}

/**
 * In how many tokens a head raises the token itself most: the share of rows whose own token is among the k largest.
 *
 * rank(row) = number of tokens with a strictly larger logit than the row's own; share of rows with rank < k.
 *
 * @param logits what the OV circuit makes of each sampled token: W_E'[ids] W_V W_O W_U, axes [token, d_vocab]
 * @param ids the token id of each row
 * @returns 0 to 1; a random circuit has k / d_vocab; null ("none") if no row has two different logits (a zero OV)
 * @throws {InputError} "shape" unless there is one id per row, "range" unless ids are in the vocabulary
 * @see tiny-circuits and ARENA, which sample 2,000 tokens and all
 */
export function topShare(logits: Tensor, ids: ArrayLike<number>, k: number): number | null {
  const [rows, vocabulary] = shapeOf(logits, ["token", "d_vocab"]);
  if (ids.length !== rows) {
    throw new InputError("shape", `topShare needs one id per row, got ${ids.length} for ${rows}`);
  }
  let hits = 0;
  let flat = true;
  for (let row = 0; row < rows; row++) {
    const all = logits.data.subarray(row * vocabulary, (row + 1) * vocabulary);
    const own = all[ids[row]!];
    if (own === undefined) {
      throw new InputError(
        "range",
        `topShare needs ids from 0 to ${vocabulary - 1}, got ${ids[row]}`,
      );
    }
    let larger = 0;
    for (const logit of all) {
      if (logit > own) larger += 1;
      if (logit !== own) flat = false;
    }
    if (larger < k) hits += 1;
  }
  return flat ? null : hits / rows;
}

function matrixOf({ shape, data }: Tensor): Matrix {
  const [rows = 0, columns = 0] = shape;
  return Matrix.from1DArray(rows, columns, data);
}
