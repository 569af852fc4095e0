/** @file The tables of known values on ideal heads, one column after the other. */
import { describe, expect, test } from "vitest";
import { tensor, type Tensor } from "../../src/base/tensor.ts";
import { contract } from "../../src/measure/contract.ts";
import {
  detectHead,
  detectionPattern,
  type DetectedHead,
  type DetectHeadOptions,
} from "../../src/measure/detectHead.ts";
import {
  diagonalTable,
  firstColumnTable,
  offsetDiagonalTable,
} from "../../src/measure/diagonals.ts";
import { IDEAL_HEADS, idealHeads, type IdealHead } from "../../src/measure/idealHeads.ts";
import { OLSSON_READINGS, olssonTable } from "../../src/measure/olsson.ts";
import { detectorScores, legacyDetectorScores } from "../../src/measure/prefixDetector.ts";
import type { Repeats } from "../../src/measure/repeats.ts";
import { stackTables } from "../../src/measure/weightTable.ts";
import { legacyVarianceLabel } from "../../src/bench/measure/varianceThreshold.ts";
import { blockTokens, oneHead } from "./oneHead.ts";

const WITH_BOS: Repeats = { start: 1, period: 50, length: 101 };
const WITHOUT_BOS: Repeats = { start: 0, period: 50, length: 100 };

/** Values of the ideal heads under one table, in the order of the published table. */
const ROWS: readonly IdealHead[] = [
  "induction",
  "duplicateToken",
  "previousToken",
  "firstToken",
  "uniform",
];

function byTable(repeats: Repeats, table: Tensor): number[] {
  const scores = contract(idealHeads(repeats), stackTables([table]));
  return ROWS.map((head) => scores.data[IDEAL_HEADS.indexOf(head)]!);
}

function byDetection(head: DetectedHead, options: DetectHeadOptions): number[] {
  const pattern = idealHeads(WITH_BOS);
  const scores = detectHead(pattern, detectionPattern(blockTokens(WITH_BOS), head), options);
  return ROWS.map((name) => scores[IDEAL_HEADS.indexOf(name)]!);
}

function expectAll(values: readonly number[], expected: readonly number[], digits = 4): void {
  values.forEach((value, index) =>
    expect(value, ROWS[index]).toBeCloseTo(expected[index]!, digits),
  );
}

describe("known values on ideal heads with S = 50", () => {
  test("ARENA's diagonal on [BOS, r, r] gives a perfect head 51/52 and a BOS sink 1/52", () => {
    expectAll(
      byTable(WITH_BOS, offsetDiagonalTable(WITH_BOS)),
      [0.9808, 0.0192, 0, 0.0192, 0.0138],
    );
  });

  test("TransformerLens' diagonal on [r, r] gives a perfect head 1 and a sink 1/51", () => {
    expectAll(
      byTable(WITHOUT_BOS, offsetDiagonalTable(WITHOUT_BOS)),
      [1, 0.0196, 0, 0.0196, 0.0139],
    );
  });

  test("the previous-token diagonal gives every head that rests on the first token 1/100", () => {
    expectAll(byTable(WITH_BOS, diagonalTable(101, 1)), [0.01, 0.01, 1, 0.01, 0.042]);
  });

  test("ARENA's first-token column gives every head at least 1/101", () => {
    expectAll(byTable(WITH_BOS, firstColumnTable(101)), [51 / 101, 51 / 101, 2 / 101, 1, 0.0515]);
  });

  test("detect_head mul cannot exceed .4950, .4950 and .9901 on [BOS, r, r]", () => {
    expectAll(byDetection("induction_head", {}), [0.495, 0, 0, 0, 0.0067]);
    expectAll(byDetection("duplicate_token_head", {}), [0, 0.495, 0, 0, 0.0067]);
    expectAll(byDetection("previous_token_head", {}), [0.0099, 0.0099, 0.9901, 0.0099, 0.0416]);
  });

  test("detect_head mul without BOS is 1 for a perfect head and 0/0 for a BOS sink", () => {
    const [induction, duplicate, previous, sink, uniform] = byDetection("induction_head", {
      excludeBos: true,
    });
    expectAll([induction!, duplicate!, previous!], [1, 0, 0]);
    expect(sink).toBeNaN();
    expect(uniform).toBeCloseTo(0.0071, 4);
  });

  test("detect_head abs runs from about -1 to 1", () => {
    expectAll(
      byDetection("induction_head", { errorMeasure: "abs" }),
      [0.495, -0.495, -0.495, -0.495, -0.482],
      3,
    );
    expectAll(
      byDetection("duplicate_token_head", { errorMeasure: "abs" }),
      [-0.495, 0.495, -0.495, -0.495, -0.482],
      3,
    );
    expectAll(
      byDetection("previous_token_head", { errorMeasure: "abs" }),
      [-0.97, -0.97, 0.99, -0.97, -0.907],
      3,
    );
  });
});

describe("detectHead(pattern, detection, options)", () => {
  const rows = [1, 0, 0, 0, 0.5, 0.5, 0, 0, 0.2, 0.3, 0.5, 0, 0.1, 0.15, 0.5, 0.25];
  const pattern = tensor(["head", "query", "key"], [1, 4, 4], Float32Array.from(rows));
  const detection = detectionPattern([5, 6, 7, 8], "previous_token_head");
  const both = { excludeBos: true, excludeCurrentToken: true };

  test("reproduces the worked example of TransformerLens' demo", () => {
    expect(detectHead(pattern, detection)[0]).toBeCloseTo(0.325, 6);
    expect(detectHead(pattern, detection, both)[0]).toBeCloseTo(0.8421, 4);
    expect(detectHead(pattern, detection, { errorMeasure: "abs" })[0]).toBeCloseTo(-0.1, 6);
    const exact = { ...both, errorMeasure: "abs", rounded: false } as const;
    expect(detectHead(pattern, detection, exact)[0]).toBeCloseTo(0.6625, 6);
    expect(detectHead(pattern, detection, { ...exact, rounded: true })[0]).toBeCloseTo(0.662, 2);
  });

  test("is below -9 by abs for a detection pattern of ones, as the demo warns", () => {
    const ones = tensor(["query", "key"], [12, 12], new Float32Array(144).fill(1));
    expect(
      detectHead(
        oneHead(12, (query) => [query]),
        ones,
        { errorMeasure: "abs" },
      )[0],
    ).toBeLessThan(-9);
  });

  test("leaves pattern and detection as they were, with both exclusions", () => {
    const before = [pattern.data.slice(), detection.data.slice()];
    detectHead(pattern, detection, both);
    expect([pattern.data, detection.data]).toEqual(before);
  });

  test("puts A A on the diagonal, as the original's roll does", () => {
    const { data } = detectionPattern([1, 5, 5, 5], "induction_head");
    expect([...data]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1]);
  });

  test("refuses a detection pattern of another size", () => {
    expect(() => detectHead(pattern, detectionPattern([1, 2], "induction_head"))).toThrow(
      "detectHead needs a detection pattern of 4 x 4, got 2 x 2",
    );
  });
});

describe("olssonTable(repeats, reading)", () => {
  const FOUR: Repeats = { start: 1, period: 25, length: 101 };

  test("is .500 and .0154 by entry, 1.000 and .0307 by query, and 0 taken literally", () => {
    const values = Object.fromEntries(
      OLSSON_READINGS.map((reading) => [reading, byTable(FOUR, olssonTable(FOUR, reading))]),
    );
    expect(values["perEntry"]![0]).toBeCloseTo(0.5, 6);
    expect(values["perEntry"]![4]).toBeCloseTo(0.0154, 4);
    expect(values["perQuery"]![0]).toBe(1);
    expect(values["perQuery"]![4]).toBeCloseTo(0.0307, 4);
    expect(values["literal"]![0]).toBe(0);
  });

  test("has 150 entries in 75 queries, and a literal reading that may not leave the sequence", () => {
    const { data } = olssonTable(FOUR, "perEntry");
    expect(data.filter((weight) => weight !== 0).length).toBe(150);
    const without = { start: 0, period: 4, length: 8 };
    expect(olssonTable(without, "literal").data.filter((weight) => weight !== 0).length).toBe(3);
  });

  test("is 1 by query for a head that shares its attention among all earlier copies", () => {
    const tokens = blockTokens(FOUR);
    const pattern = oneHead(101, (query) => {
      const keys = tokens.flatMap((id, copy) =>
        copy < query && id === tokens[query] ? [copy + 1] : [],
      );
      return keys.length > 0 ? keys : [0];
    });
    expect(contract(pattern, stackTables([olssonTable(FOUR, "perQuery")])).data[0]).toBeCloseTo(
      1,
      6,
    );
  });
});

describe("detectorScores and legacyDetectorScores", () => {
  const repeats = { start: 0, period: 16, length: 64 }; // the original's default: 64 tokens, 4 copies, no BOS
  const tokens = blockTokens(repeats);
  const pattern = idealHeads(repeats);
  const at = (head: IdealHead) => IDEAL_HEADS.indexOf(head);

  test("legacy: a perfect induction head has 0.000 everywhere, a perfect duplicate-token head 0.592 overall", () => {
    const legacy = legacyDetectorScores(pattern, tokens);
    expect(legacy[at("induction")]).toEqual({
      induction: 0,
      prefixMatching: 0,
      copying: 0,
      overall: 0,
    });
    const duplicate = legacy[at("duplicateToken")]!;
    expect(duplicate.induction).toBeCloseTo(0.5054, 4);
    expect(duplicate.prefixMatching).toBeCloseTo(0.5111, 4);
    expect(duplicate.copying).toBeCloseTo(0.7581, 4);
    expect(duplicate.overall).toBeCloseTo(0.592, 3);
  });

  test("right: a perfect induction head passes the threshold of .4, a duplicate-token head has 0", () => {
    const right = detectorScores(pattern, tokens);
    expect(right[at("induction")]!.overall).toBeGreaterThan(0.55);
    expect(right[at("duplicateToken")]).toMatchObject({ induction: 0, prefixMatching: 0 });
    // The last token of the first copy rests on token 0, which happens to come next.
    expect(right[at("duplicateToken")]!.copying).toBeCloseTo(1 / 62, 6);
  });

  test("right on two copies: induction 1, prefix matching 1, copying one half", () => {
    const two = { start: 0, period: 50, length: 100 };
    const { induction, prefixMatching, copying } = detectorScores(
      idealHeads(two),
      blockTokens(two),
    )[at("induction")]!;
    expect([induction, prefixMatching]).toEqual([1, 1]);
    expect(copying).toBeCloseTo(50 / 98, 6); // 49 of the second copy, and 1 by resting on token 0
  });

  test("are 0 where nothing repeats, and need one token per query", () => {
    const alone = idealHeads({ start: 0, period: 2, length: 4 });
    expect(detectorScores(alone, [1, 2, 3, 4])[0]!.overall).toBe(0);
    expect(() => detectorScores(alone, [1, 2])).toThrow(
      "one token per query and key, got 2 for 4 x 4",
    );
  });
});

describe("legacyVarianceLabel(pattern)", () => {
  test("scores 1 / T and labels every sequence, since half the variance is at most 1 / 2T", () => {
    const heads = (keysOf: (query: number) => readonly number[]) => {
      const { data } = oneHead(20, keysOf);
      return tensor(["head", "query", "key"], [2, 20, 20], Float32Array.from([...data, ...data]));
    };
    const uniform = legacyVarianceLabel(heads(() => Array.from({ length: 20 }, (_, key) => key)));
    const sharp = legacyVarianceLabel(heads((query) => [query]));
    expect(uniform.score).toBeCloseTo(1 / 20, 6);
    expect(sharp.score).toBeCloseTo(1 / 20, 6);
    expect(sharp.threshold).toBeCloseTo(0.5 * (0.95 / 19), 6);
    expect([uniform.label, sharp.label]).toEqual([true, true]);
  });
});
