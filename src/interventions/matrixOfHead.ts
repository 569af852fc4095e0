import { tensor, type Tensor } from "../base/tensor.ts";

/** One head's matrix, the last two axes of a value whose axis before them is the head; of a batch, the first row's. */
export function matrixOfHead({ axes, shape, data }: Tensor, head: number): Tensor {
  const [rows, columns] = shape.slice(-2) as [number, number];
  const area = rows * columns;
  return tensor(axes.slice(-2), [rows, columns], data.subarray(head * area, (head + 1) * area));
}
