import { Matrix } from "ml-matrix";
import type { Tensor } from "../base/tensor.ts";
import type { HeadMatrices } from "./headMatrices.ts";
import { matrixOfHead } from "./matrixOfHead.ts";

/** W_O (W_U E) W_V of one head, or W_O W_V: the nonzero eigenvalues of the OV circuit. For all heads, see `headProducts`. */
export function ovMatrix(layer: HeadMatrices, head: number, between: Tensor | null): Matrix {
  const value = matrixOf(matrixOfHead(layer.value, head));
  const output = matrixOf(matrixOfHead(layer.output, head)).transpose();
  return output.mmul(between ? matrixOf(between).mmul(value) : value);
}

function matrixOf({ shape, data }: Tensor): Matrix {
  return Matrix.from1DArray(shape[0]!, shape[1]!, data);
}
