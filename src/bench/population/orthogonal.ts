import type { Random } from "../../base/random.ts";
import { zeros, type Matrix } from "./matrix.ts";

/**
 * A random orthogonal matrix by rows, uniform over rotations and reflections: Gram-Schmidt of normal rows.
 *
 * @param first the direction of the first row; left out: random too
 */
export function orthogonal(draw: Random, size: number, first?: Float64Array): Matrix {
  const rows: Float64Array[] = first ? [unit(first)] : [];
  while (rows.length < size) {
    const row = Float64Array.from({ length: size }, () => draw.normal());
    for (let pass = 0; pass < 2; pass++) rows.forEach((other) => takeOff(row, other)); // twice is enough for rounding
    rows.push(unit(row));
  }
  const matrix = zeros(size, size);
  rows.forEach((row, at) => matrix.data.set(row, at * size));
  return matrix;
}

function unit(row: Float64Array): Float64Array {
  const length = Math.hypot(...row);
  return row.map((value) => value / length);
}

function takeOff(row: Float64Array, other: Float64Array): void {
  let product = 0;
  for (let entry = 0; entry < row.length; entry++) product += row[entry]! * other[entry]!;
  for (let entry = 0; entry < row.length; entry++) row[entry]! -= product * other[entry]!;
}
