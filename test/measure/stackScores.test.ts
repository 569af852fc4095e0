import { describe, expect, test } from "vitest";
import { tensor, type Tensor } from "../../src/base/tensor.ts";
import { contract } from "../../src/measure/contract.ts";
import {
  bothWaysTables,
  crossTables,
  selfTables,
  stackScores,
} from "../../src/measure/stackScores.ts";
import { attentionTables } from "../../src/measure/attentionTables.ts";
import { uniformScores } from "../../src/measure/uniformScores.ts";

/** One head that gives all its weight to `keyOf(query)`, or to all keys alike where that is null. */
function head(queries: number, keys: number, keyOf: (query: number) => number | null): Tensor {
  const data = new Float32Array(queries * keys);
  for (let query = 0; query < queries; query++) {
    const key = keyOf(query);
    if (key === null) data.fill(1 / keys, query * keys, (query + 1) * keys);
    else if (key >= 0 && key < keys) data[query * keys + key] = 1;
  }
  return tensor(["head", "query", "key"], [1, queries, keys], data);
}

const scoresOf = (pattern: Tensor, tables: Tensor, direction: "back" | "ahead" | "across") =>
  Object.fromEntries(
    stackScores(direction).map(({ name }, at) => [name, contract(pattern, tables).data[at]]),
  );

const layouts = [
  { start: 0, period: 5, length: 10 },
  { start: 1, period: 7, length: 16 },
];

describe.each(layouts)("both directions of [BOS] r r [EOS] with %o", (layout) => {
  const { start, period, length } = layout;
  const isSecond = (query: number) => query >= start + period;
  const other = (query: number) => (isSecond(query) ? query - period : query + period);

  test.each([
    ["induction", (query: number) => other(query) + 1],
    ["mirrored", (query: number) => other(query) - 1],
    ["duplicateToken", other],
    ["previousToken", (query: number) => query - 1],
    ["nextToken", (query: number) => query + 1],
    ["currentToken", (query: number) => query],
  ] as const)("the ideal head of %s scores exactly 1 there and 0 elsewhere", (name, keyOf) => {
    const pattern = head(length, length, keyOf);
    for (const direction of ["back", "ahead"] as const) {
      const { firstToken, ...scores } = scoresOf(
        pattern,
        bothWaysTables(layout, direction),
        direction,
      );
      for (const [scoreName, value] of Object.entries(scores))
        expect(value).toBe(scoreName === name ? 1 : 0);
      expect(firstToken).toBeLessThanOrEqual(1 / (period - 2) + 1e-7);
    }
  });

  test("a head that does induction from the second copy alone scores 0 ahead", () => {
    const pattern = head(length, length, (query) => (isSecond(query) ? other(query) + 1 : 0));
    expect(scoresOf(pattern, bothWaysTables(layout, "back"), "back")["induction"]).toBe(1);
    expect(scoresOf(pattern, bothWaysTables(layout, "ahead"), "ahead")["induction"]).toBe(0);
  });

  test("attention that sees all alike scores 1 / length in every score, its null", () => {
    const pattern = head(length, length, () => null);
    for (const direction of ["back", "ahead"] as const) {
      const tables = bothWaysTables(layout, direction);
      const nulls = uniformScores(tables, () => true).data;
      contract(pattern, tables).data.forEach((value, at) => {
        expect(value).toBeCloseTo(1 / length, 7);
        expect(nulls[at]).toBeCloseTo(1 / length, 7);
      });
    }
  });
});

test("of a layer that sees few tokens on each side the null is 0 where the key is out of sight", () => {
  const tables = bothWaysTables({ start: 0, period: 8, length: 16 }, "back");
  const sees = (query: number, key: number) => Math.abs(query - key) <= 2;
  const nulls = uniformScores(tables, sees).data;
  const names = stackScores("back").map(({ name }) => name);
  expect(nulls[names.indexOf("induction")]).toBe(0);
  expect(nulls[names.indexOf("previousToken")]).toBeCloseTo((5 / 5 + 1 / 4) / 6, 7);
});

test("the causal direction has the tables of decoders", () => {
  const layout = { start: 1, period: 4, length: 9 };
  expect(selfTables(layout, "causal")).toEqual(attentionTables(layout));
});

describe("across, from start r to lead r end", () => {
  const crossing = { period: 6, lead: 1, source: 8, length: 7 };
  const { lead, source, length } = crossing;
  const tables = crossTables(crossing);

  test.each([
    ["alignment", (query: number) => lead + query],
    ["currentToken", (query: number) => lead + query - 1],
    ["previousToken", (query: number) => lead + query - 2],
    ["firstToken", () => 0],
    ["lastToken", () => source - 1],
  ] as const)("the ideal head of %s scores exactly 1 there and 0 elsewhere", (name, keyOf) => {
    const scores = scoresOf(head(length, source, keyOf), tables, "across");
    for (const [scoreName, value] of Object.entries(scores))
      expect(value).toBe(scoreName === name ? 1 : 0);
  });

  test("attention that sees all alike scores 1 / source in every score, its null", () => {
    const scores = contract(
      head(length, source, () => null),
      tables,
    ).data;
    const nulls = uniformScores(tables, () => true).data;
    scores.forEach((value, at) => {
      expect(value).toBeCloseTo(1 / source, 7);
      expect(nulls[at]).toBeCloseTo(1 / source, 7);
    });
  });

  test("rows without room for the block are refused", () => {
    expect(() => crossTables({ ...crossing, source: 6 })).toThrow("source >= lead + period");
    expect(() => crossTables({ ...crossing, period: 2 })).toThrow("period >= 3");
    expect(() => bothWaysTables({ start: 0, period: 2, length: 4 }, "back")).toThrow("at least 3");
  });
});
