import { describe, expect, test } from "vitest";
import { tensor } from "../../src/base/tensor.ts";
import { gainTable } from "../../src/measure/gainTable.ts";
import { inductionTable } from "../../src/measure/inductionTargets.ts";

/** a b c a b d b: what followed a is looked for from the second a, and so on. */
const TOKENS = [0, 1, 2, 0, 1, 3, 1];
const { table } = inductionTable(TOKENS);
const [LENGTH] = table.shape as [number];

/** Sum of weights times a pattern. */
function scoreOf(
  weights: { readonly data: ArrayLike<number> },
  pattern: (query: number, key: number) => number,
) {
  return Array.from(weights.data as Float32Array).reduce(
    (sum, weight, index) => sum + weight * pattern(Math.floor(index / LENGTH), index % LENGTH),
    0,
  );
}

describe("gain over what other queries pay the same keys", () => {
  test("is 0 for a head that looks at one token from everywhere, which scores on its targets", () => {
    const key = [...table.data.keys()].find((index) => table.data[index]! > 0)! % LENGTH;
    const sink = (query: number, at: number) => (at === key && query > key ? 1 : 0);
    expect(scoreOf(table, sink)).toBeGreaterThan(0);
    expect(scoreOf(gainTable(table), sink)).toBeCloseTo(0, 6);
  });

  test("is the score itself for a head that attends to its targets alone", () => {
    const ideal = (query: number, key: number) => (table.data[query * LENGTH + key]! > 0 ? 0.5 : 0);
    expect(scoreOf(gainTable(table), ideal)).toBeCloseTo(scoreOf(table, ideal), 6);
  });

  test("leaves its input unchanged, and a table without targets is all 0", () => {
    const before = [...table.data];
    gainTable(table);
    expect([...table.data]).toEqual(before);
    const none = tensor(["query", "key"], [3, 3], new Float32Array(9));
    expect([...gainTable(none).data]).toEqual(Array(9).fill(0));
  });
});
