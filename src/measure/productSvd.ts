import { Matrix, QrDecomposition, SingularValueDecomposition } from "ml-matrix";
import { InputError } from "../base/errors.ts";
import { shapeOf, tensor, type Tensor } from "../base/tensor.ts";

/** A B^T = sum over i of values[i] * left[:, i] right[:, i]^T. */
export interface ProductSvd {
  /** Singular values, largest first. */
  readonly values: readonly number[];
  /** Unit columns, axes [d_model, direction]. */
  readonly left: Tensor;
  readonly right: Tensor;
}

/**
 * The singular value decomposition of A B^T, without making that product: A = Q_A R_A, B = Q_B R_B, and R_A R_B^T is as small
 * as a head is wide.
 *
 * Columns have no sign of their own, only pairs do: each pair is turned so that the left one's largest entry is positive.
 *
 * @param a axes [d_model, d_head], as W_V or W_Q of a head; @param b the same, as its W_O transposed or W_K
 * @returns d_head values in the unit of the weights; a random matrix has all of one size
 * @throws {InputError} "shape" unless both have one d_head, no more than their d_model
 */
export function productSvd(a: Tensor, b: Tensor): ProductSvd {
  const [rows, width] = shapeOf(a, ["d_model", "d_head"]);
  const [otherRows, otherWidth] = shapeOf(b, ["d_model", "d_head"]);
  if (width !== otherWidth || width > rows || width > otherRows)
    throw new InputError(
      "shape",
      `productSvd needs matrices of one d_head, not above d_model, got ${rows} x ${width} and ${otherRows} x ${otherWidth}`,
    );
  const [left, right] = [a, b].map(
    ({ shape, data }) => new QrDecomposition(Matrix.from1DArray(shape[0]!, shape[1]!, data)),
  );
  const small = left!.upperTriangularMatrix.mmul(right!.upperTriangularMatrix.transpose());
  const svd = new SingularValueDecomposition(small, { autoTranspose: true });
  const [u, v] = [
    left!.orthogonalMatrix.mmul(svd.leftSingularVectors),
    right!.orthogonalMatrix.mmul(svd.rightSingularVectors),
  ];
  const signs = Array.from({ length: width }, (_, column) => signOfLargest(u.getColumn(column)));
  return {
    values: svd.diagonal,
    left: columns(u, signs),
    right: columns(v, signs),
  };
}

function signOfLargest(column: readonly number[]): number {
  const largest = column.reduce(
    (most, entry) => (Math.abs(entry) > Math.abs(most) ? entry : most),
    0,
  );
  return largest < 0 ? -1 : 1;
}

function columns(matrix: Matrix, signs: readonly number[]): Tensor {
  const data = Float32Array.from(
    matrix.to1DArray(),
    (value, index) => value * signs[index % signs.length]!,
  );
  return tensor(["d_model", "direction"], [matrix.rows, matrix.columns], data);
}
