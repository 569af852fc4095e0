import type { Random } from "../../base/random.ts";

/** A matrix by rows. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

export function zeros(rows: number, columns: number): Matrix {
  return { rows, columns, data: new Float32Array(rows * columns) };
}

export function normals(draw: Random, rows: number, columns: number, deviation: number): Matrix {
  const { data } = zeros(rows, columns);
  return { rows, columns, data: data.map(() => deviation * draw.normal()) };
}

/** a b; rows of zeros cost nothing. */
export function product(a: Matrix, b: Matrix): Matrix {
  const { rows, data } = zeros(a.rows, b.columns);
  for (let row = 0; row < rows; row++) {
    const into = data.subarray(row * b.columns, (row + 1) * b.columns);
    for (let inner = 0; inner < a.columns; inner++) {
      const value = a.data[row * a.columns + inner]!;
      if (value === 0) continue;
      const from = inner * b.columns;
      for (let column = 0; column < b.columns; column++)
        into[column]! += value * b.data[from + column]!;
    }
  }
  return { rows, columns: b.columns, data };
}

export function transposeMatrix({ rows, columns, data }: Matrix): Matrix {
  const transpose = zeros(columns, rows);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      transpose.data[column * rows + row] = data[row * columns + column]!;
  return transpose;
}

/** Puts `strength` times the identity where rows `from` ... meet the columns `to`: an edit of a matrix in the making. */
export function connect(
  matrix: Matrix,
  from: number,
  to: readonly number[],
  strength: number,
): void {
  to.forEach((column, entry) => {
    matrix.data[(from + entry) * matrix.columns + column] = strength;
  });
}
