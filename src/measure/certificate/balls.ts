/**
 * @file Matrices of which each entry is known up to a radius: the real value lies within `rad` of `mid`. Products have the
 * a-priori bound of floating-point sums (Higham 2002, theorem 3.1) in their radius, and radii are rounded up.
 */
import { LEAST, UNIT, around, down, up, type Enclosure } from "./enclosure.ts";

export interface Balls {
  readonly rows: number;
  readonly columns: number;
  /** [row, column] */
  readonly mid: Float64Array;
  readonly rad: Float64Array;
}

/** Numbers that are what they are: the weights of a model. [row, column] */
export interface Exact {
  readonly rows: number;
  readonly columns: number;
  readonly data: ArrayLike<number>;
}

export function ballsOf({ rows, columns, data }: Exact): Balls {
  return { rows, columns, mid: Float64Array.from(data), rad: new Float64Array(rows * columns) };
}

export function ballAt({ columns, mid, rad }: Balls, row: number, column: number): Enclosure {
  return around(mid[row * columns + column]!, rad[row * columns + column]!);
}

/** A sum of `terms` radii, each from a few operations, as large as it surely is. */
function inflateRadius(radius: number, terms: number): number {
  return radius * (1 + (4 * terms + 16) * UNIT) + LEAST;
}

/** Rows of `a` plus those of `b`; a single row of `b` is added to each. */
export function sum(a: Balls, b: Balls): Balls {
  const [mid, rad] = [new Float64Array(a.mid.length), new Float64Array(a.mid.length)];
  const repeats = b.rows === 1 ? a.columns : a.mid.length;
  for (let at = 0; at < mid.length; at++) {
    const other = at % repeats;
    mid[at] = a.mid[at]! + b.mid[other]!;
    rad[at] = inflateRadius(a.rad[at]! + b.rad[other]! + Math.abs(mid[at]!) * UNIT, 2);
  }
  return { ...a, mid, rad };
}

/** [row, inner] x [inner, column] */
export function product(a: Balls, b: Exact): Balls {
  const { rows, columns: inner } = a;
  const { columns, data } = b;
  const [mid, rad] = [new Float64Array(rows * columns), new Float64Array(rows * columns)];
  const slack = (inner + 4) * UNIT;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      let [value, radius] = [0, 0];
      for (let at = 0; at < inner; at++) {
        const [x, w] = [a.mid[row * inner + at]!, data[at * columns + column]!];
        value += x * w;
        radius += (a.rad[row * inner + at]! + Math.abs(x) * slack) * Math.abs(w);
      }
      mid[row * columns + column] = value;
      rad[row * columns + column] = inflateRadius(radius, inner);
    }
  return { rows, columns, mid, rad };
}

/** The product of one row with every row of a table: a lower and an upper bound of each. */
export interface Range {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

export function dots(row: Balls, table: Balls, at = 0): Range {
  const { columns, rows } = table;
  const [low, high] = [new Float64Array(rows), new Float64Array(rows)];
  const slack = (columns + 4) * UNIT;
  const from = at * columns;
  for (let other = 0; other < rows; other++) {
    let [value, radius] = [0, 0];
    for (let entry = 0, to = other * columns; entry < columns; entry++, to++) {
      const [x, dx] = [row.mid[from + entry]!, row.rad[from + entry]!];
      const [y, dy] = [table.mid[to]!, table.rad[to]!];
      value += x * y;
      const size = Math.abs(x);
      radius += dx * (Math.abs(y) + dy) + size * (dy + Math.abs(y) * slack);
    }
    const whole = inflateRadius(radius, columns);
    low[other] = down(value - whole);
    high[other] = up(value + whole);
  }
  return { low, high };
}

/** One row as a matrix. */
export function rowOf({ columns, mid, rad }: Balls, row: number): Balls {
  const [from, to] = [row * columns, (row + 1) * columns];
  return { rows: 1, columns, mid: mid.subarray(from, to), rad: rad.subarray(from, to) };
}

/** Every entry times a factor that lies in an enclosure. */
export function scaleBalls(a: Balls, factor: Enclosure): Balls {
  const middle = (factor.low + factor.high) / 2;
  const spread = up(Math.max(up(factor.high - middle), up(middle - factor.low)));
  const mid = a.mid.map((value) => value * middle);
  const rad = a.rad.map((radius, at) =>
    inflateRadius(
      radius * (Math.abs(middle) + spread) +
        Math.abs(a.mid[at]!) * spread +
        Math.abs(mid[at]!) * UNIT,
      3,
    ),
  );
  return { ...a, mid, rad };
}

/** The smallest ball around an enclosure. */
export function ballAround({ low, high }: Enclosure): { mid: number; rad: number } {
  const mid = low / 2 + high / 2;
  return { mid, rad: up(Math.max(up(high - mid), up(mid - low))) };
}
