import { describe, expect, test } from "vitest";
import { random } from "../../../src/base/random.ts";
import {
  around,
  exp,
  expDown,
  expUp,
  minus,
  over,
  plus,
  root,
  times,
  type Enclosure,
} from "../../../src/measure/certificate/enclosure.ts";
import {
  added,
  atMost,
  divided,
  exactExp,
  fraction,
  multiplied,
  negative,
  within,
} from "./fraction.ts";

const draw = random(3);
/** Numbers of many sizes and signs. */
const number = () => draw.normal() * 2 ** draw.integer(-30, 30);
const enclosure = (): Enclosure => {
  const [a, b] = [number(), number()];
  return { low: Math.min(a, b), high: Math.max(a, b) };
};
const inside = ({ low, high }: Enclosure) => low + (high - low) * draw.uniform();

describe("outward-rounded arithmetic", () => {
  test.each([
    ["plus", plus, added],
    ["minus", minus, (a: never, b: never) => added(a, negative(b))],
    ["times", times, multiplied],
    ["over", over, divided],
  ] as const)("%s holds the exact result of any two numbers of its operands", (_, op, exact) => {
    for (let trial = 0; trial < 2000; trial++) {
      const [a, b] = [enclosure(), enclosure()];
      const result = op(a, b);
      for (const x of [a.low, a.high, inside(a)])
        for (const y of [b.low, b.high, inside(b)]) {
          if (y === 0 || !Number.isFinite(result.low)) continue;
          expect(within(exact(fraction(x) as never, fraction(y) as never), result)).toBe(true);
        }
    }
  });

  test("is no wider than a few units in the last place for operands that are exact", () => {
    for (let trial = 0; trial < 500; trial++) {
      const [a, b] = [number(), number()].map((value) => ({ low: value, high: value }));
      for (const { low, high } of [plus(a!, b!), times(a!, b!), over(a!, b!)])
        expect(high - low).toBeLessThanOrEqual(4 * 2 ** -52 * Math.abs(high) + 2 ** -990);
    }
  });

  test("holds everything where a divisor may be 0", () => {
    expect(over({ low: 1, high: 2 }, { low: -1, high: 1 })).toEqual({
      low: -Infinity,
      high: Infinity,
    });
  });

  test("root squared holds the number itself", () => {
    for (let trial = 0; trial < 500; trial++) {
      const value = Math.abs(number());
      const { low, high } = root({ low: value, high: value });
      const square = (x: number) => multiplied(fraction(x), fraction(x));
      expect(atMost(square(low), fraction(value))).toBe(true);
      expect(atMost(fraction(value), square(high))).toBe(true);
    }
  });

  test("exp holds the exact value, within a share of 10^-11", () => {
    const values = [0, 1e-300, -1e-17, 0.5, -0.5, Math.LN2, 37.25, -37.25, 81, -99.9];
    const more = Array.from({ length: 60 }, () => 20 * draw.normal());
    for (const x of [...values, ...more]) {
      const { low, high } = exactExp(fraction(x));
      expect(atMost(fraction(expDown(x)), low), `${x}`).toBe(true);
      expect(atMost(high, fraction(expUp(x))), `${x}`).toBe(true);
      expect(expUp(x) / expDown(x) - 1).toBeLessThan(1e-11);
    }
  });

  test("exp is 0 below and everything above where it is beyond float64, and for what is no number", () => {
    expect(expDown(-800)).toBe(0);
    expect(expUp(-800)).toBeGreaterThan(0);
    expect(expUp(-800)).toBeLessThan(1e-300);
    expect(expUp(800)).toBe(Infinity);
    expect(expDown(800)).toBeGreaterThan(1e300);
    expect(exp({ low: NaN, high: NaN })).toEqual({ low: 0, high: Infinity });
  });

  test("a ball holds both its ends", () => {
    for (let trial = 0; trial < 200; trial++) {
      const [mid, radius] = [number(), Math.abs(number())];
      const ends = around(mid, radius);
      expect(within(added(fraction(mid), fraction(radius)), ends)).toBe(true);
      expect(within(added(fraction(mid), negative(fraction(radius))), ends)).toBe(true);
    }
  });
});
