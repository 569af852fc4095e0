import type { Matrix } from "./matrices.ts";

/** Values of every head as a matrix [layer][head]; null where there is none. */
export function headMatrix(title: string, values: Matrix["values"]): Matrix {
  return {
    title,
    rows: values.map((_, layer) => String(layer)),
    columns: values[0]!.map((_, head) => String(head)),
    values,
  };
}
