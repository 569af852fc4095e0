import { describe, expect, test } from "vitest";
import * as fc from "fast-check";
import type { Tensor } from "../../../src/base/tensor.ts";
import { disjointControl, reshuffledControl } from "../../../src/text/patterns/controls.ts";
import { fitPeriod } from "../../../src/text/patterns/fitPeriod.ts";
import { ordinaryTokens } from "../../../src/text/patterns/ordinaryTokens.ts";
import { repeatedTokens } from "../../../src/text/patterns/repeatedTokens.ts";
import { verifyRepeats, verifyTokens } from "../../../src/text/patterns/verifyTokens.ts";

const ordinary = ordinaryTokens(100, [0, 1, 2]);
const options = { seed: 7, examples: 5, period: 20, bos: 1, ordinary } as const;

function rowsOf({ shape, data }: Tensor<Int32Array>): number[][] {
  const [rows = 0, length = 0] = shape;
  return Array.from({ length: rows }, (_, row) => [
    ...data.slice(row * length, (row + 1) * length),
  ]);
}

describe("repeatedTokens(options)", () => {
  test("is [BOS] r r with r of different ordinary tokens", () => {
    const { tokens, start, period } = repeatedTokens(options);
    expect([tokens.axes, tokens.shape, start, period]).toEqual([
      ["batch", "position"],
      [5, 41],
      1,
      20,
    ]);
    for (const [bos, ...rest] of rowsOf(tokens)) {
      expect(bos).toBe(1);
      expect(rest.slice(0, 20)).toEqual(rest.slice(20));
      expect(new Set(rest).size).toBe(20);
      expect(rest.every((id) => id >= 3 && id < 100)).toBe(true);
    }
  });

  test("starts at 0 without BOS, and takes id 0 for BOS like any other", () => {
    expect(repeatedTokens({ ...options, bos: null })).toMatchObject({
      start: 0,
      tokens: { shape: [5, 40] },
    });
    expect(rowsOf(repeatedTokens({ ...options, bos: 0 }).tokens)[0]![0]).toBe(0);
  });

  test("makes row i the same however many rows are asked, and the same block with and without BOS", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 9 }), (seed, examples) => {
        const many = rowsOf(repeatedTokens({ ...options, seed, examples: 10 }).tokens);
        const withoutBos = rowsOf(repeatedTokens({ ...options, seed, examples, bos: null }).tokens);
        withoutBos.forEach((row, index) => expect(row).toEqual(many[index]!.slice(1)));
      }),
      { numRuns: 30 },
    );
  });

  test("makes other rows for another seed, and different rows", () => {
    const rows = [1, 2, 3].flatMap((seed) => rowsOf(repeatedTokens({ ...options, seed }).tokens));
    expect(new Set(rows.map(String)).size).toBe(15);
  });

  test("can use the whole vocabulary once", () => {
    const [row] = rowsOf(repeatedTokens({ ...options, period: 97 }).tokens);
    expect(new Set(row!.slice(1)).size).toBe(97);
  });

  test.each([
    [
      { period: 98 },
      "repeatedTokens with period 98 needs 98 different ordinary tokens, the vocabulary has 97",
    ],
    [{ period: 1 }, "repeatedTokens needs a period of at least 2 tokens, got 1"],
    [{ examples: 0 }, "repeatedTokens needs at least 1 example, got 0"],
    [{ seed: 0.5 }, "repeatedTokens needs a whole number as seed, got 0.5"],
  ])("refuses %o", (change, message) => {
    expect(() => repeatedTokens({ ...options, ...change })).toThrow(message);
  });
});

describe("controls", () => {
  const repeated = rowsOf(repeatedTokens(options).tokens);

  test("D has the same first block and a second that shares nothing with it", () => {
    rowsOf(disjointControl(options).tokens).forEach((row, index) => {
      expect(row.slice(0, 21)).toEqual(repeated[index]!.slice(0, 21));
      expect(new Set(row.slice(1)).size).toBe(40);
    });
  });

  test("R has the same first block and in the second the same tokens, none in its place", () => {
    rowsOf(reshuffledControl(options).tokens).forEach((row, index) => {
      expect(row.slice(0, 21)).toEqual(repeated[index]!.slice(0, 21));
      const [first, second] = [row.slice(1, 21), row.slice(21)];
      expect([...second].sort()).toEqual([...first].sort());
      expect(second.some((id, place) => id === first[place])).toBe(false);
    });
  });

  test("R exists for the shortest period, and D needs twice the vocabulary", () => {
    const [row] = rowsOf(reshuffledControl({ ...options, period: 2 }).tokens);
    expect([row![4], row![3]]).toEqual([row![1], row![2]]);
    expect(() => disjointControl({ ...options, period: 49 })).toThrow(
      "disjointControl with period 49 needs 98 different ordinary tokens, the vocabulary has 97",
    );
  });
});

describe("fitPeriod(limits)", () => {
  const limits = { period: 50, explicit: false, contextLength: 1024, start: 1, ordinary: 500 };

  test("is what was asked where it fits, without a context limit too", () => {
    expect(fitPeriod(limits)).toEqual({ period: 50, warning: null });
    expect(fitPeriod({ ...limits, contextLength: 101 })).toEqual({ period: 50, warning: null });
    expect(fitPeriod({ ...limits, contextLength: null })).toEqual({ period: 50, warning: null });
  });

  test("shrinks a default and says why", () => {
    expect(fitPeriod({ ...limits, contextLength: 64 })).toEqual({
      period: 31,
      warning:
        "the period is 31 tokens and not 50: the context of 64 tokens with BOS has room for 2 x 31",
    });
    expect(fitPeriod({ ...limits, ordinary: 61, distinctBlocks: 2 })).toEqual({
      period: 30,
      warning:
        "the period is 30 tokens and not 50: 61 ordinary tokens in the vocabulary make blocks of at most 30",
    });
  });

  test("refuses an explicit period that does not fit, and a model that has room for nothing", () => {
    expect(() => fitPeriod({ ...limits, explicit: true, contextLength: 64 })).toThrow(
      "two copies of 50 tokens do not fit: the context of 64 tokens with BOS has room for 2 x 31",
    );
    expect(() => fitPeriod({ ...limits, contextLength: 4 })).toThrow(/room for 2 x 1/);
    expect(() => fitPeriod({ ...limits, period: 1 })).toThrow(
      "a repeated block needs at least 2 tokens, got 1",
    );
  });
});

describe("verifyTokens(rows, vocabulary) and verifyRepeats(tokens, layout)", () => {
  test("make a tensor of rows that are in order", () => {
    const tokens = verifyTokens([[1, 5, 6, 5, 6]], 7);
    expect(tokens).toMatchObject({ axes: ["batch", "position"], shape: [1, 5] });
    expect(() => verifyRepeats(tokens, { start: 1, period: 2 })).not.toThrow();
  });

  test.each([
    [[], "tokens need at least one row with at least one id, got none"],
    [[[]], "tokens need at least one row with at least one id, got none"],
    [[[1, 2], [1]], "tokens need rows of equal length, got 2 ids in row 0 and 1 in row 1"],
    [
      [
        [1, 2],
        [3, 7],
      ],
      "tokens need whole ids from 0 to 6, got 7 in row 1 at position 1",
    ],
    [[[1, -2]], "tokens need whole ids from 0 to 6, got -2 in row 0 at position 1"],
    [[[1.5]], "tokens need whole ids from 0 to 6, got 1.5 in row 0 at position 0"],
    [
      [[null as unknown as number]],
      "tokens need whole ids from 0 to 6, got null in row 0 at position 0",
    ],
    [
      [["1" as unknown as number]],
      'tokens need whole ids from 0 to 6, got "1" in row 0 at position 0',
    ],
  ])("refuse the rows %j", (rows, message) => {
    expect(() => verifyTokens(rows, 7)).toThrow(message);
  });

  test("refuse rows that do not repeat as they claim, naming row and position", () => {
    const tokens = verifyTokens(
      [
        [0, 5, 6, 5, 6],
        [0, 5, 6, 5, 4],
      ],
      7,
    );
    expect(() => verifyRepeats(tokens, { start: 1, period: 2 })).toThrow(
      "tokens claim period 2, but row 1 has 4 at position 4 and 6 at position 2",
    );
    expect(() => verifyRepeats(tokens, { start: 1, period: 3 })).toThrow(
      "tokens with period 3 need a period of at least 2 and rows of at least 1 + 2 x period ids, got rows of 5",
    );
  });
});
