import { describe, expect, test } from "vitest";
import { random, type Random } from "../../src/base/random.ts";
import {
  meanInterval,
  ratioInterval,
  scoreInterval,
  tQuantile,
} from "../../src/measure/interval.ts";

describe("tQuantile(count)", () => {
  // Published table of Student's t, two-sided 95 % and 99 %.
  test.each([
    [2, 0.95, 12.7062],
    [10, 0.95, 2.26216],
    [11, 0.95, 2.22814],
    [31, 0.95, 2.04227],
    [101, 0.95, 1.98397],
    [1001, 0.95, 1.96234],
    [11, 0.99, 3.16927],
    [31, 0.99, 2.75],
  ])("of %i values at level %f is %f", (count, level, expected) => {
    expect(Math.abs(tQuantile(count, level) / expected - 1)).toBeLessThan(1e-5);
  });
});

describe("scoreInterval(values)", () => {
  test("is null under 10 values and an interval around the mean from 10 on", () => {
    const values = [0.2, 0.3, 0.25, 0.22, 0.31, 0.27, 0.24, 0.29, 0.26];
    expect(scoreInterval(values)).toBeNull();
    const [low, high] = scoreInterval([...values, 0.26])!;
    expect(low).toBeLessThan(0.26);
    expect(high).toBeGreaterThan(0.26);
  });

  test("is logit(m) -+ t e / (m (1 - m)) mapped back, on a case computed by hand", () => {
    const values = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]; // m = .5, e = sqrt(.25 / 9), t = 2.262157
    const reach = (2.262157 * Math.sqrt(0.25 / 9)) / 0.25;
    const [low, high] = scoreInterval(values)!;
    expect(low).toBeCloseTo(1 / (1 + Math.exp(reach)), 6);
    expect(high).toBeCloseTo(1 / (1 + Math.exp(-reach)), 6);
  });

  test("is [1, 1] for a perfect head and [0, 0] for one that never does it", () => {
    expect(scoreInterval(new Float64Array(20).fill(1))).toEqual([1, 1]);
    expect(scoreInterval(new Float64Array(20))).toEqual([0, 0]);
  });

  test("reaches to Hall's bound on the side of the tail only, on a case computed by hand", () => {
    const values = [...new Array<number>(9).fill(0.1), 0.6]; // m = .15, s = .158114, g = 3.162278, t = 2.262157
    const inner = 1 + 3.162278 * (-2.262157 / Math.sqrt(10) - 3.162278 / 60);
    const bound = 0.15 - (0.158114 * 3 * (Math.cbrt(inner) - 1)) / 3.162278;
    const reach = (2.262157 * 0.05) / (0.15 * 0.85);
    const logit = Math.log(0.15 / 0.85);
    const [low, high] = scoreInterval(values)!;
    expect(low).toBeCloseTo(1 / (1 + Math.exp(reach - logit)), 5);
    expect(high).toBeCloseTo(bound, 5);
    expect(high).toBeGreaterThan(1 / (1 + Math.exp(-reach - logit)));
    const mirrored = scoreInterval(values.map((value) => 1 - value))!;
    expect(mirrored[0]).toBeCloseTo(1 - high, 12);
    expect(mirrored[1]).toBeCloseTo(1 - low, 12);
  });

  test("covers the mean of a rare event's score where the plain interval does not", () => {
    const { uniform } = random(4);
    const draw = () => (uniform() < 0.1 ? 0.3 * uniform() : 0.02 * uniform());
    const truth = 0.1 * 0.15 + 0.9 * 0.01;
    const covered = Array.from({ length: 2000 }, () => {
      const [low, high] = scoreInterval(Array.from({ length: 30 }, draw))!;
      return low <= truth && truth <= high;
    }).filter(Boolean).length;
    expect(covered / 2000).toBeGreaterThan(0.88); // .84 without the tail
  });

  test("stays within 0 and 1 next to both ends", () => {
    const low = Array.from({ length: 30 }, (_, index) => (index === 0 ? 0.4 : 0));
    for (const values of [low, low.map((value) => 1 - value)]) {
      const [from, to] = scoreInterval(values)!;
      expect(from).toBeGreaterThan(0);
      expect(to).toBeLessThan(1);
      expect(from).toBeLessThan(to);
    }
  });

  test("cuts off rounding beyond 1, and refuses what is no score", () => {
    expect(scoreInterval(new Float64Array(12).fill(1 + 1e-7))).toEqual([1, 1]);
    expect(() => scoreInterval([0.5, 1.1])).toThrow(
      "scoreInterval needs scores from 0 to 1, got 1.1 for sequence 1",
    );
    expect(() => scoreInterval([NaN])).toThrow(/got NaN for sequence 0/);
  });

  test("covers the mean of skewed scores in 91 to 97 % of draws at n = 30", () => {
    const { normal } = random(3);
    const draw = () => 1 / (1 + Math.exp(-normal()));
    const covered = Array.from({ length: 2000 }, () => {
      const [low, high] = scoreInterval(Array.from({ length: 30 }, draw))!;
      return low <= 0.5 && 0.5 <= high;
    }).filter(Boolean).length;
    expect(covered / 2000).toBeGreaterThan(0.91);
    expect(covered / 2000).toBeLessThan(0.97);
  });
});

describe("meanInterval(values)", () => {
  test("is mean -+ t s / sqrt(n)", () => {
    const values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]; // m = 5.5, s = 3.02765
    const [low, high] = meanInterval(values)!;
    expect(low).toBeCloseTo(5.5 - (2.262157 * 3.0276504) / Math.sqrt(10), 5);
    expect(high).toBeCloseTo(5.5 + (2.262157 * 3.0276504) / Math.sqrt(10), 5);
  });

  test("is null under 10 values and refuses infinity", () => {
    expect(meanInterval([1, 2, 3])).toBeNull();
    expect(() => meanInterval([1, Infinity])).toThrow(
      /finite numbers, got Infinity for sequence 1/,
    );
  });
});

describe("ratioInterval(numerators, denominators)", () => {
  const { normal } = random(5);
  const below = Array.from({ length: 40 }, () => 10 + normal());
  const above = below.map((value) => 0.3 * value + 0.2 * normal());

  test("is the ratio of the means with an interval around it", () => {
    const { ratio, interval } = ratioInterval(above, below);
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    expect(ratio).toBeCloseTo(sum(above) / sum(below), 12);
    expect(interval![0]).toBeLessThan(0.3);
    expect(interval![1]).toBeGreaterThan(0.3);
    expect(interval![1] - interval![0]).toBeLessThan(0.03);
  });

  test("has at its ends means of x - r y that are t standard errors from 0", () => {
    const [xs, ys] = [above.slice(0, 12), below.slice(0, 12)];
    for (const end of ratioInterval(xs, ys).interval!) {
      const rest = xs.map((x, at) => x - end * ys[at]!);
      const mean = rest.reduce((total, value) => total + value, 0) / 12;
      const variance = rest.reduce((total, value) => total + (value - mean) ** 2, 0) / 11;
      expect(Math.abs(mean) / Math.sqrt(variance / 12)).toBeCloseTo(tQuantile(12), 6);
    }
  });

  /** Pairs with a mean denominator, and what the ratio of means is. */
  const KINDS: readonly (readonly [string, number, (draw: Random) => readonly [number, number]])[] =
    [
      [
        "normal",
        0.3,
        ({ normal: z }) => {
          const y = 4 + z();
          return [0.3 * y + 0.5 * z(), y];
        },
      ],
      [
        "log-normal",
        0.2,
        ({ normal: z }) => {
          const y = Math.exp(0.8 * z());
          return [0.2 * y * Math.exp(0.5 * z() - 0.125), y];
        },
      ],
      [
        "shares that differ",
        0.2,
        ({ normal: z }) => {
          const y = 3 + 1.5 * z();
          return [(0.2 + 0.15 * z()) * y + 0.2 * z(), y];
        },
      ],
    ];

  test.each(KINDS)("covers a known ratio of %s values as often as it says", (_, truth, pair) => {
    const draw = random(11);
    for (const count of [10, 16]) {
      let [hits, all] = [0, 0];
      while (all < 1500) {
        const pairs = Array.from({ length: count }, () => pair(draw));
        const ys = pairs.map(([, y]) => y);
        const mean = ys.reduce((sum, y) => sum + y, 0) / count;
        const variance = ys.reduce((sum, y) => sum + (y - mean) ** 2, 0) / (count - 1);
        if (mean < 3 * Math.sqrt(variance / count)) continue;
        const [low, high] = ratioInterval(
          pairs.map(([x]) => x),
          ys,
        ).interval!;
        hits += low <= truth && truth <= high ? 1 : 0;
        all += 1;
      }
      expect(hits / all).toBeGreaterThan(0.925); // a percentile bootstrap: .86 to .90 at 10, .88 to .92 at 16
      expect(hits / all).toBeLessThan(0.98);
    }
  });

  test("pairs each numerator with its denominator: exact proportion has no width", () => {
    const { interval } = ratioInterval(
      below.map((value) => 2 * value),
      below,
    );
    expect(interval![1] - interval![0]).toBeLessThan(1e-12);
  });

  test("does not cut ratios outside 0 to 1", () => {
    expect(
      ratioInterval(
        below.map((value) => -value),
        below,
      ).ratio,
    ).toBeCloseTo(-1, 12);
  });

  test("has no interval under 10 sequences", () => {
    expect(ratioInterval([1, 2, 3], [2, 2.1, 2]).interval).toBeNull();
  });

  test("refuses to divide by an effect that is not there", () => {
    const noise = Array.from({ length: 40 }, () => normal());
    expect(() => ratioInterval(above, noise)).toThrow(/at least 3 standard errors/);
    expect(() => ratioInterval([1, 2], [0, 0])).toThrow(/at least 3 standard errors/);
    expect(() => ratioInterval([1], [1, 2])).toThrow(/one denominator per numerator, got 1 and 2/);
  });
});
