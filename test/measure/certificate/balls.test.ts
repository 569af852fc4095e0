import { describe, expect, test } from "vitest";
import { random } from "../../../src/base/random.ts";
import {
  ballAround,
  ballAt,
  dots,
  product,
  rowOf,
  scaleBalls,
  sum,
  type Balls,
} from "../../../src/measure/certificate/balls.ts";
import { centreRows, scaleOf } from "../../../src/measure/certificate/firstLayer.ts";
import { rotateRows } from "../../../src/measure/certificate/rotation.ts";
import {
  added,
  atMost,
  divided,
  fraction,
  multiplied,
  negative,
  within,
  type Fraction,
} from "./fraction.ts";

const draw = random(5);
const number = () => draw.normal() * 2 ** draw.integer(-6, 6);
const balls = (rows: number, columns: number): Balls => ({
  rows,
  columns,
  mid: Float64Array.from({ length: rows * columns }, number),
  rad: Float64Array.from({ length: rows * columns }, () => Math.abs(number()) / 8),
});
/** Numbers that the entries may be: anywhere in their balls, the ends too. */
const someOf = ({ mid, rad }: Balls) =>
  Array.from(mid, (value, at) => {
    const shift = fraction(rad[at]! * [-1, 1, 0, 2 * draw.uniform() - 1][draw.integer(0, 3)]!);
    return added(fraction(value), shift);
  });
const total = (terms: readonly Fraction[]) => terms.reduce(added, fraction(0));

describe("matrices with radii", () => {
  test("a product holds the exact product of any numbers in it", () => {
    for (let trial = 0; trial < 100; trial++) {
      const a = balls(2, 7);
      const weight = { rows: 7, columns: 3, data: Array.from({ length: 21 }, number) };
      const result = product(a, weight);
      const exacts = someOf(a);
      for (let row = 0; row < 2; row++)
        for (let column = 0; column < 3; column++) {
          const terms = Array.from({ length: 7 }, (_, at) =>
            multiplied(exacts[row * 7 + at]!, fraction(weight.data[at * 3 + column]!)),
          );
          expect(within(total(terms), ballAt(result, row, column))).toBe(true);
        }
    }
  });

  test("dots hold the exact products of two rows, both known up to radii", () => {
    for (let trial = 0; trial < 100; trial++) {
      const [row, table] = [balls(1, 6), balls(4, 6)];
      const { low, high } = dots(row, table);
      const [firstExacts, others] = [someOf(row), someOf(table)];
      for (let at = 0; at < 4; at++) {
        const exact = total(
          firstExacts.map((value, entry) => multiplied(value, others[at * 6 + entry]!)),
        );
        expect(within(exact, { low: low[at]!, high: high[at]! })).toBe(true);
      }
    }
  });

  test("sums, and multiples by a factor between two ends, hold theirs", () => {
    for (let trial = 0; trial < 100; trial++) {
      const [a, b] = [balls(1, 4), balls(1, 4)];
      const [firstExacts, others] = [someOf(a), someOf(b)];
      const low = number();
      const high = low + Math.abs(number());
      const [whole, multiple] = [sum(a, b), scaleBalls(a, { low, high })];
      firstExacts.forEach((value, at) => {
        expect(within(added(value, others[at]!), ballAt(whole, 0, at))).toBe(true);
        for (const factor of [low, high, low + (high - low) * draw.uniform()])
          expect(within(multiplied(value, fraction(factor)), ballAt(multiple, 0, at))).toBe(true);
      });
    }
  });

  test("a row less its mean, and its scale, hold the exact ones", () => {
    for (let trial = 0; trial < 100; trial++) {
      const a = balls(1, 5);
      const exacts = someOf(a);
      const mean = divided(total(exacts), fraction(5));
      const middle = centreRows(a, { center: true, eps: 0, gain: null, bias: null });
      const exact = exacts.map((value) => added(value, negative(mean)));
      exact.forEach((value, at) => expect(within(value, ballAt(middle, 0, at))).toBe(true));
      const { low, high } = scaleOf(middle, 0, 0.25);
      const squares = divided(total(exact.map((value) => multiplied(value, value))), fraction(5));
      const square = added(squares, fraction(0.25));
      expect(atMost(multiplied(fraction(low), fraction(low)), square)).toBe(true);
      expect(atMost(square, multiplied(fraction(high), fraction(high)))).toBe(true);
    }
  });

  test("rotations hold the exact ones, and back is the transpose", () => {
    const angles = Array.from({ length: 6 }, () => draw.uniform() * 6);
    const rotation = {
      cos: Float32Array.from(angles, Math.cos),
      sin: Float32Array.from(angles, Math.sin),
      ...{ pairs: 2, interleaved: false },
    };
    for (let trial = 0; trial < 50; trial++) {
      const a = balls(1, 5);
      const exacts = someOf(a);
      for (const back of [false, true]) {
        const result = rotateRows(rowOf(a, 0), rotation, () => 2, back);
        for (let pair = 0; pair < 2; pair++) {
          const cos = fraction(rotation.cos[4 + pair]!);
          const sin = fraction((back ? -1 : 1) * rotation.sin[4 + pair]!);
          const [x, y] = [exacts[pair]!, exacts[pair + 2]!];
          const first = added(multiplied(x, cos), negative(multiplied(y, sin)));
          const second = added(multiplied(x, sin), multiplied(y, cos));
          expect(within(first, ballAt(result, 0, pair))).toBe(true);
          expect(within(second, ballAt(result, 0, pair + 2))).toBe(true);
        }
        expect(within(exacts[4]!, ballAt(result, 0, 4))).toBe(true);
      }
    }
  });

  test("the ball around two ends holds both", () => {
    for (let trial = 0; trial < 100; trial++) {
      const low = number();
      const high = low + Math.abs(number());
      const { mid, rad } = ballAround({ low, high });
      const ends = { low: mid - rad, high: mid + rad };
      expect(ends.low <= low && ends.high >= high).toBe(true);
    }
  });
});
