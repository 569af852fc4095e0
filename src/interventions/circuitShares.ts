/** @file Eigenvalue shares of the OV and QK circuits of heads: what the weights alone say of copying and matching. */
import { Matrix } from "ml-matrix";
import type { Backend } from "../base/backend.ts";
import type { Tensor } from "../base/tensor.ts";
import { eigenvalueShare } from "../measure/ovCopying.ts";
import type { HeadMatrices } from "./headMatrices.ts";
import { headProducts } from "./headProducts.ts";

/** W_O M W_V and W_K^T M W_Q: small matrices that have the nonzero eigenvalues of the whole circuits. */
const SIDES = { ov: ["output", "value"], qk: ["key", "query"] } as const;

/** Shares of the circuits of many layers, made by one session. */
export interface CircuitShares {
  /**
   * @param between M, axes [row, column], both d_model
   * @param heads which heads of the layer; left out: all
   * @returns a share for each of `heads`, -1 to 1; null for a matrix without eigenvalues
   */
  of(
    layer: HeadMatrices,
    circuit: keyof typeof SIDES,
    between: Tensor,
    heads?: readonly number[],
  ): Promise<(number | null)[]>;
  close(): Promise<void>;
}

/** @param layer one whose sizes all others have */
export async function circuitShares(backend: Backend, layer: HeadMatrices): Promise<CircuitShares> {
  const products = await headProducts(backend, layer.query.shape as [number, number, number]);
  return {
    async of(matrices, circuit, between, heads) {
      const [left, right] = SIDES[circuit];
      const { data, shape } = await products.of(matrices[left], between, matrices[right]);
      const [count, size] = shape as readonly [number, number];
      const area = size * size;
      const places = heads ?? Array.from({ length: count }, (_, head) => head);
      return places.map((head) => {
        const product = data.subarray(head * area, (head + 1) * area);
        return eigenvalueShare(Matrix.from1DArray(size, size, product));
      });
    },
    close: () => products.close(),
  };
}
