import type { Matrix } from "../../draw/matrices.ts";

/** A map of values by layer and head. */
export function headMatrix(title: string, values: readonly (readonly number[])[]): Matrix {
  return {
    title,
    rows: values.map((_, layer) => String(layer)),
    columns: values[0]!.map((_, head) => String(head)),
    values,
  };
}
