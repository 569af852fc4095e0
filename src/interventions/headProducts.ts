import { tensor, type Tensor } from "../base/tensor.ts";
import { builder } from "../graph/builder.ts";
import type { Backend } from "../base/backend.ts";
import { prepare } from "../runtime/prepare.ts";

/** Left^T M right of every head of a layer, by the engine: M is as wide as the model, the result as small as a head. */
export interface HeadProducts {
  /** @param left, right [head, d_model, d_head]; @param between [row, column]; @returns [head, d_left, d_right] */
  of(left: Tensor, between: Tensor, right: Tensor): Promise<Tensor>;
  close(): Promise<void>;
}

/** @param shape sizes of the matrices of a layer: heads, d_model, d_head */
export async function headProducts(
  backend: Backend,
  [head, width, size]: readonly [number, number, number],
): Promise<HeadProducts> {
  const b = builder();
  const left = b.input("left", "float32", { head, row: width, d_left: size });
  const between = b.input("between", "float32", { row: width, column: width });
  const right = b.input("right", "float32", { head, column: width, d_right: size });
  const inner = b.contract(between, right, ["head", "row", "d_right"]);
  b.contract(left, inner, ["head", "d_left", "d_right"], { as: "product" });
  const session = await prepare(b.program(["product"]), backend);
  return {
    async of(first, middle, other) {
      const feeds = new Map([
        ["left", tensor(["head", "row", "d_left"], first.shape, first.data)],
        ["between", tensor(["row", "column"], middle.shape, middle.data)],
        ["right", tensor(["head", "column", "d_right"], other.shape, other.data)],
      ]);
      return (await session.run(feeds)).get("product")!;
    },
    close: () => session.close(),
  };
}
