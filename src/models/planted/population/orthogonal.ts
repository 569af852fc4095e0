import type { Random } from "../../../base/random.ts";

/** A random orthogonal matrix by rows, uniform over rotations and reflections: Gram-Schmidt of normal rows. */
export function orthogonal(draw: Random, size: number): Float64Array[] {
  const rows: Float64Array[] = [];
  while (rows.length < size) {
    const row = Float64Array.from({ length: size }, () => draw.normal());
    for (let pass = 0; pass < 2; pass++) rows.forEach((other) => takeOff(row, other)); // twice is enough for rounding
    const length = Math.hypot(...row);
    rows.push(row.map((value) => value / length));
  }
  return rows;
}

function takeOff(row: Float64Array, other: Float64Array): void {
  let product = 0;
  for (let entry = 0; entry < row.length; entry++) product += row[entry]! * other[entry]!;
  for (let entry = 0; entry < row.length; entry++) row[entry]! -= product * other[entry]!;
}
