/** @file Rotary positions on balls: pairs of entries are turned by the model's own tables of cos and sin. */
import { UNIT, LEAST } from "./enclosure.ts";
import type { Balls } from "./balls.ts";

export interface Rotation {
  /** [position, pair], as the engine has them. */
  readonly cos: ArrayLike<number>;
  readonly sin: ArrayLike<number>;
  readonly pairs: number;
  /** Pairs are (2i, 2i + 1); else (i, i + pairs). */
  readonly interleaved: boolean;
}

/**
 * Rows turned by their positions.
 *
 * @param back by the transpose in place of the turn itself, so that (R q) . k = q . (R^T k)
 */
export function rotateRows(
  rows: Balls,
  { cos, sin, pairs, interleaved }: Rotation,
  positionOf: (row: number) => number,
  back = false,
): Balls {
  const [mid, rad] = [rows.mid.slice(), rows.rad.slice()];
  for (let row = 0; row < rows.rows; row++)
    for (let pair = 0; pair < pairs; pair++) {
      const at = positionOf(row) * pairs + pair;
      const [c, s] = [cos[at]!, back ? -sin[at]! : sin[at]!];
      const index = row * rows.columns + (interleaved ? 2 * pair : pair);
      const two = index + (interleaved ? 1 : pairs);
      const [x, y] = [rows.mid[index]!, rows.mid[two]!];
      const [dx, dy] = [rows.rad[index]!, rows.rad[two]!];
      mid[index] = x * c - y * s;
      mid[two] = x * s + y * c;
      rad[index] = radius(x * c, y * s, dx * Math.abs(c) + dy * Math.abs(s));
      rad[two] = radius(x * s, y * c, dx * Math.abs(s) + dy * Math.abs(c));
    }
  return { ...rows, mid, rad };
}

function radius(a: number, b: number, carried: number): number {
  return (carried + 4 * UNIT * (Math.abs(a) + Math.abs(b))) * (1 + 16 * UNIT) + LEAST;
}
