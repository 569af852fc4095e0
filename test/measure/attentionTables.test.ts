import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as fc from "fast-check";
import { tensor } from "../../src/base/tensor.ts";
import {
  ATTENTION_SCORES,
  attentionTables,
  scoreRow,
  type AttentionScore,
} from "../../src/measure/attentionTables.ts";
import { contract } from "../../src/measure/contract.ts";
import { IDEAL_HEADS, idealHeads, type IdealHead } from "../../src/measure/idealHeads.ts";
import { uniformScores } from "../../src/measure/uniformScores.ts";
import { queryMeanTable, shares } from "../../src/measure/weightTable.ts";

const LAYOUTS = [
  { start: 1, period: 50, length: 101 },
  { start: 0, period: 25, length: 50 },
  { start: 1, period: 3, length: 9 },
  { start: 4, period: 37, length: 78 },
];

function scoreOf(layout: (typeof LAYOUTS)[number]) {
  const scores = contract(idealHeads(layout), attentionTables(layout));
  return (score: AttentionScore, head: IdealHead) =>
    scores.data[ATTENTION_SCORES.indexOf(score) * IDEAL_HEADS.length + IDEAL_HEADS.indexOf(head)]!;
}

test("README has every score with its formula", () => {
  const page = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
  const rows = [...page.matchAll(/^\| `(\w+)` +\| `(A\[q, .+\])` +\|$/gm)];
  const formulas = ATTENTION_SCORES.map((name) => [name, `A[q, ${scoreRow(name).key}]`]);
  expect(rows.map(([, name, formula]) => [name, formula]).sort()).toEqual(formulas.sort());
});

describe("attentionTables({start, period, length})", () => {
  test.each(LAYOUTS)(
    "gives each ideal head exactly 1 in its score and 0 in the others, %o",
    (layout) => {
      const score = scoreOf(layout);
      for (const name of ATTENTION_SCORES) {
        for (const head of ATTENTION_SCORES) {
          // Without BOS the earlier copy of the first scored token is the first token.
          const both = [name, head].sort().join() === "duplicateToken,firstToken";
          const shared = both && layout.start === 0 ? 1 / layout.period : 0;
          expect(score(name, head)).toBeCloseTo(name === head ? 1 : shared, shared ? 6 : 15);
        }
      }
    },
  );

  test.each(LAYOUTS)(
    "scores uniform attention as the mean of 1 / (q + 1) over the second copy, %o",
    (layout) => {
      const { start, period } = layout;
      const score = scoreOf(layout);
      let closed = 0;
      for (let query = start + period; query < start + 2 * period; query++)
        closed += 1 / (query + 1) / period;
      const nulls = uniformScores(attentionTables(layout));
      ATTENTION_SCORES.forEach((name, measure) => {
        expect(score(name, "uniform")).toBeCloseTo(closed, 7);
        expect(nulls.data[measure]).toBeCloseTo(closed, 7);
      });
    },
  );

  test("weighs S entries of the second copy with 1 / S each", () => {
    const layout = { start: 1, period: 10, length: 23 };
    const { data } = attentionTables(layout);
    const area = layout.length ** 2;
    const induction = data.slice(0, area);
    const entries = [...induction.keys()].filter((place) => induction[place] !== 0);
    expect(entries).toEqual(Array.from({ length: 10 }, (_, row) => (11 + row) * 23 + 2 + row));
    for (const place of entries) expect(induction[place]).toBeCloseTo(0.1, 7);
  });

  test("reads no row outside the second copy", () => {
    const layout = { start: 1, period: 5, length: 14 };
    const pattern = idealHeads(layout);
    const area = layout.length ** 2;
    pattern.data.forEach((_, place) => {
      const query = Math.floor((place % area) / layout.length);
      if (query < 6 || query > 10) pattern.data[place] = NaN;
    });
    expect([...contract(pattern, attentionTables(layout)).data].some(Number.isNaN)).toBe(false);
  });

  test.each([
    { start: 0, period: 1, length: 10 },
    { start: 0, period: 0, length: 10 },
    { start: -1, period: 4, length: 10 },
    { start: 1, period: 5, length: 10 },
    { start: 0, period: 2.5, length: 10 },
    { start: 0, period: NaN, length: 10 },
  ])("refuses the layout %o", (layout) => {
    expect(() => attentionTables(layout)).toThrow(
      /attentionTables needs .*period >= 2.*, got start/,
    );
  });
});

describe("contract(pattern, tables)", () => {
  test("leaves its inputs as they were", () => {
    const layout = LAYOUTS[2]!;
    const pattern = idealHeads(layout);
    const tables = attentionTables(layout);
    const before = [pattern.data.slice(), tables.data.slice()];
    contract(pattern, tables);
    expect([pattern.data, tables.data]).toEqual(before);
  });

  test("refuses tables of another size, and axes in another order", () => {
    const pattern = idealHeads({ start: 0, period: 2, length: 4 });
    expect(() => contract(pattern, attentionTables({ start: 0, period: 2, length: 5 }))).toThrow(
      "contract needs tables of 4 queries x 4 keys like the pattern, got 5 x 5",
    );
    const transposed = tensor(["query", "head", "key"], [4, 6, 4], pattern.data);
    expect(() => contract(transposed, attentionTables({ start: 0, period: 2, length: 4 }))).toThrow(
      /expected axes/,
    );
  });
});

describe("shares(count)", () => {
  test("sums to exactly 1 in float32 in any order, with every weight within 2^-24 of 1 / count", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.infiniteStream(fc.nat()),
        (count, noise) => {
          const weights = [...shares(count)];
          for (const weight of weights)
            expect(Math.abs(weight - 1 / count)).toBeLessThanOrEqual(2 ** -24);
          const order = weights.map((weight) => ({ weight, place: noise.next().value as number }));
          order.sort((left, right) => left.place - right.place);
          expect(order.reduce((sum, { weight }) => Math.fround(sum + weight), 0)).toBe(1);
        },
      ),
      { numRuns: 50 },
    );
  });

  test("refuses a mean over nothing, and a key outside the sequence", () => {
    expect(() => shares(0)).toThrow("a mean needs at least one query, got none");
    expect(() => queryMeanTable(3, [2], () => [3])).toThrow(/got query 2 and key 3/);
  });
});
