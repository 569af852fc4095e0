import fc from "fast-check";
import { Matrix } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { tensor } from "../../src/base/tensor.ts";
import { looksAt } from "../../src/measure/looksAt.ts";
import { productSvd } from "../../src/measure/productSvd.ts";
import { proportionInterval } from "../../src/measure/proportionInterval.ts";
import { scoreParts } from "../../src/measure/scoreParts.ts";

const matrixOf = ({ shape, data }: ReturnType<typeof tensor>) =>
  Matrix.from1DArray(shape[0]!, shape[1]!, data);
const floats = (count: number) =>
  fc
    .array(fc.float({ min: -2, max: 2, noNaN: true }), { minLength: count, maxLength: count })
    .map((values) => Float32Array.from(values));

describe("proportionInterval(successes, count)", () => {
  test("is Wilson's, with exact ends for none and for all", () => {
    expect(proportionInterval(0, 100)[0]).toBe(0);
    expect(proportionInterval(0, 100)[1]).toBeCloseTo(0.037, 4);
    expect(proportionInterval(100, 100)[1]).toBe(1);
    const [low, high] = proportionInterval(50, 100);
    expect(low).toBeCloseTo(0.4038, 4);
    expect(high).toBeCloseTo(0.5962, 4);
  });

  test("refuses more successes than draws, and no draws", () => {
    expect(() => proportionInterval(3, 2)).toThrow(/0 to 2 successes, got 3/);
    expect(() => proportionInterval(0, 0)).toThrow(/0 to 0/);
  });
});

describe("productSvd(a, b)", () => {
  const of = (rows: number, data: Float32Array) => tensor(["d_model", "d_head"], [rows, 3], data);

  test("gives A B^T back, in falling order", () => {
    fc.assert(
      fc.property(floats(15), floats(12), (first, other) => {
        const [a, b] = [of(5, first), of(4, other)];
        const { values, left, right } = productSvd(a, b);
        const back = matrixOf(left)
          .mmul(Matrix.diag([...values]))
          .mmul(matrixOf(right).transpose());
        const whole = matrixOf(a).mmul(matrixOf(b).transpose());
        expect(Matrix.sub(back, whole).abs().max()).toBeLessThan(1e-4);
        expect([...values]).toEqual([...values].sort((x, y) => y - x));
      }),
      { numRuns: 50 },
    );
  });

  test("has only zeros for a head that is not there, and refuses other shapes", () => {
    const { values, left } = productSvd(of(5, new Float32Array(15)), of(4, new Float32Array(12)));
    expect([...values]).toEqual([0, 0, 0]);
    expect(left.data.every(Number.isFinite)).toBe(true);
    expect(() => productSvd(of(2, new Float32Array(6)), of(4, new Float32Array(12)))).toThrow(
      /one d_head/,
    );
  });
});

describe("scoreParts(queries, keys, scale)", () => {
  test("sums to the scaled product of the sums, and refuses unequal widths", () => {
    fc.assert(
      fc.property(floats(6), floats(8), (first, other) => {
        const queries = tensor(["part", "d_head"], [3, 2], first);
        const keys = tensor(["part", "d_head"], [4, 2], other);
        const parts = scoreParts(queries, keys, 0.5);
        const sum = (data: Float32Array, entry: number) =>
          data.reduce((total, value, index) => total + (index % 2 === entry ? value : 0), 0);
        const score = 0.5 * (sum(first, 0) * sum(other, 0) + sum(first, 1) * sum(other, 1));
        expect(parts.shape).toEqual([3, 4]);
        expect(parts.data.reduce((total, value) => total + value, 0)).toBeCloseTo(score, 4);
      }),
    );
    const wide = tensor(["part", "d_head"], [1, 3], new Float32Array(3));
    const thin = tensor(["part", "d_head"], [1, 2], new Float32Array(2));
    expect(() => scoreParts(wide, thin, 1)).toThrow(/got 3 and 2/);
  });
});

describe("looksAt(pattern, tokens, start)", () => {
  const TOKENS = [0, 5, 6, 7, 5, 6, 7];
  const head = (keyOf: (query: number) => number) => {
    const data = new Float32Array(49);
    for (let query = 0; query < 7; query++) data[query * 7 + keyOf(query)] = 1;
    return tensor(["query", "key"], [7, 7], data);
  };

  test("is 1 where a perfect head looks, and 0 elsewhere", () => {
    const induction = looksAt(
      head((query) => (query >= 4 ? query - 2 : 0)),
      TOKENS,
      1,
    );
    expect(induction.induction).toMatchObject({ value: 1, queries: 3 });
    expect(induction.previousToken!.value).toBe(0);
    const previous = looksAt(
      head((query) => Math.max(0, query - 1)),
      TOKENS,
      1,
    );
    expect(previous.previousToken!.value).toBeCloseTo(1, 6);
    expect(previous.induction!.value).toBe(0);
  });

  test("uniform attention has what `uniform` says; nothing to find is null", () => {
    const even = tensor(
      ["query", "key"],
      [7, 7],
      Float32Array.from({ length: 49 }, (_, at) =>
        at % 7 <= Math.floor(at / 7) ? 1 / (Math.floor(at / 7) + 1) : 0,
      ),
    );
    for (const mean of Object.values(looksAt(even, TOKENS, 1)))
      expect(mean!.value).toBeCloseTo(mean!.uniform, 5);
    expect(looksAt(even, [1, 2, 3, 4, 5, 6, 7], 0).induction).toBeNull();
  });
});
