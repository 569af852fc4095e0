import type { Matrix } from "./matrices.ts";

/** Values of every head as a matrix [layer][head]; null where there is none. */
export function headMatrix(title: string, values: Matrix["values"]): Matrix {
  return {
    title,
    rows: values.map((_, layer) => String(layer)),
    columns: Array.from({ length: Math.max(...values.map((row) => row.length)) }, (_, head) =>
      String(head),
    ), // layers of a hybrid have different numbers of heads
    values,
  };
}
