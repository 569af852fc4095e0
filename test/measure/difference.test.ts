import { describe, expect, test } from "vitest";
import { random } from "../../src/base/random.ts";
import { differenceOf } from "../../src/measure/difference.ts";
import { meanInterval } from "../../src/measure/interval.ts";

const normals = (count: number, seed: number, mean = 0) => {
  const { normal } = random(seed);
  return Array.from({ length: count }, () => mean + normal());
};

describe("differenceOf(first, second)", () => {
  test("has the interval of the mean of the paired differences", () => {
    const [first, second] = [normals(20, 1), normals(20, 2, 0.5)];
    const { value, low, high } = differenceOf(first, second);
    const differences = second.map((loss, row) => loss - first[row]!);
    expect([low, high]).toEqual(meanInterval(differences));
    expect(value).toBeCloseTo(
      differences.reduce((sum, difference) => sum + difference, 0) / 20,
      12,
    );
  });

  test("gives the p of scipy.stats.ttest_rel and of Welch's ttest_ind", () => {
    const first = [30.02, 29.99, 30.11, 29.97, 30.01, 29.99, 30.05, 29.9, 30.03, 30.07];
    const second = [29.89, 29.93, 29.72, 29.98, 30.02, 29.98, 30.01, 29.95, 29.97, 30.04];
    // scipy 1.17.1: ttest_rel(second, first).pvalue; ttest_ind(second, first, equal_var=False).pvalue
    expect(differenceOf(first, second).p).toBeCloseTo(0.13282783, 6);
    expect(differenceOf(first, second, { paired: false }).p).toBeCloseTo(0.07711071, 6);
  });

  test.each([true, false])(
    "finds a difference in 5 % of pairs that have none (paired: %s)",
    (paired) => {
      const outcomes = Array.from({ length: 2000 }, (_, seed) => {
        const [first, second] = [normals(12, 2 * seed), normals(12, 2 * seed + 1)];
        return differenceOf(first, second, { paired }).p! <= 0.05;
      });
      const share = outcomes.filter(Boolean).length / outcomes.length;
      expect(share).toBeGreaterThan(0.035);
      expect(share).toBeLessThan(0.065);
    },
  );

  test("counts a difference within the margin as none, and one at its edge as 5 % at most", () => {
    const at = (mean: number) =>
      Array.from(
        { length: 1000 },
        (_, seed) =>
          differenceOf(normals(30, 2 * seed), normals(30, 2 * seed + 1, mean), { margin: 0.5 }).p!,
      ).filter((p) => p <= 0.05).length / 1000;
    expect(at(0.2)).toBeLessThan(0.02);
    expect(at(0.5)).toBeLessThan(0.07);
    expect(at(2)).toBeGreaterThan(0.9);
  });

  test("is sure of rows that all differ alike, and has neither interval nor p under 10 rows", () => {
    const zeros = new Array<number>(10).fill(0);
    const ones = new Array<number>(10).fill(1);
    expect(differenceOf(zeros, ones)).toEqual({ value: 1, low: 1, high: 1, p: 0 });
    expect(differenceOf(zeros, zeros).p).toBe(1);
    expect(differenceOf(zeros, ones, { margin: 1 }).p).toBe(1);
    expect(differenceOf([0], [1])).toEqual({ value: 1, low: null, high: null, p: null });
  });

  test("refuses paired rows of unequal number, no rows, and numbers that are not finite", () => {
    expect(() => differenceOf([1, 2], [1])).toThrow("got 2 and 1");
    expect(() => differenceOf([], [1], { paired: false })).toThrow("got 0 and 1");
    expect(() => differenceOf([1, NaN], [1, 2])).toThrow("got NaN in row 1");
  });
});
