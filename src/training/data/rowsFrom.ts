import { tensor, type Tensor } from "../../base/tensor.ts";

/** Token ids, axes [batch, position]; `targets` are the tokens that follow. */
export interface TrainingRows {
  readonly tokens: Tensor<Int32Array>;
  readonly targets: Tensor<Int32Array>;
}

/** Tokens and targets from rows that are one token longer. */
export function rowsFrom(rows: readonly ArrayLike<number>[], length: number): TrainingRows {
  const part = (from: number) => {
    const data = new Int32Array(rows.length * length);
    rows.forEach((row, index) => {
      for (let position = 0; position < length; position++)
        data[index * length + position] = row[from + position]!;
    });
    return tensor(["batch", "position"], [rows.length, length], data);
  };
  return { tokens: part(0), targets: part(1) };
}
