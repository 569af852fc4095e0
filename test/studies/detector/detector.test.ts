import { beforeAll, describe, expect, test } from "vitest";
import { InputError } from "../../../src/base/errors.ts";
import { tensor } from "../../../src/base/tensor.ts";
import { idealHeads, IDEAL_HEADS, type IdealHead } from "../../../src/measure/idealHeads.ts";
import type { LoadedModel } from "../../../src/models/loadedModel.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { detectorText } from "../../../src/studies/detector/viewText.ts";
import {
  plotAttentionPattern,
  plotHeadScores,
  plotInductionStripe,
} from "../../../src/draw/asciiPlots.ts";
import { detectorResult, type DetectorResult } from "../../../src/studies/detector/result.ts";
import type { Backend } from "../../../src/base/backend.ts";
import { analyseHeadAttention } from "../../../src/studies/detector/analyseHeadAttention.ts";
import {
  inductionHeadDetector,
  topHeads,
  type InductionHeadDetector,
} from "../../../src/studies/detector/inductionHeadDetector.ts";
import { score } from "../../../src/studies/score/score.ts";
import { backends } from "../../runtime/backends.ts";

let model: LoadedModel;
let backend: Backend;
let detector: InductionHeadDetector;
let result: DetectorResult;
const headOf = (of: DetectorResult, layer: number, head: number) =>
  of.heads.find((other) => other.layer === layer && other.head === head)!;

beforeAll(async () => {
  model = await openPlanted("induction");
  backend = (await backends())[0]!;
  detector = inductionHeadDetector(model, { backend, numExamples: 12 });
  result = await detector.detect();
});

describe("inductionHeadDetector(planted:induction)", () => {
  test("detects the planted head and no other, with a Result that its schema describes", () => {
    expect(detectorResult.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
    expect(result.detected).toEqual([{ layer: 1, head: 2 }]);
    expect(topHeads(result, 3)).toHaveLength(3);
    expect(topHeads(result, 3)[0]).toMatchObject({ layer: 1, head: 2 });
  });

  test("gives the planted head nearly its ceiling, and the duplicate-token head nothing", () => {
    const best = headOf(result, 1, 2);
    expect(best.overall).toBeGreaterThan(0.95 * result.ceiling.overall);
    expect(best.interval![0]).toBeLessThanOrEqual(best.overall);
    expect(headOf(result, 0, 1).overall).toBeLessThan(0.1);
  });

  test("shows under legacy what the original finds: the duplicate-token head, and not induction", () => {
    expect(headOf(result, 1, 2).legacy.overall).toBeLessThan(0.1);
    expect(headOf(result, 0, 1).legacy.overall).toBeGreaterThan(0.7);
  });

  test("says where all three thresholds are; each finds the one head", () => {
    const { fixed, fromNull, byGap } = result.thresholds;
    expect(fixed).toEqual({ threshold: 0.4, heads: 1 });
    expect(fromNull).toMatchObject({ heads: 1 });
    expect(fromNull!.threshold).toBeLessThan(0.1);
    expect(byGap).toMatchObject({ heads: 1 });
  });

  test("its stripe is the induction score that the graph contracts, to rounding", async () => {
    const { scores } = await score(model, { backend, numExamples: 12, lossExamples: 0 });
    for (const { layer, head, inductionStripe } of result.heads)
      expect(inductionStripe).toBeCloseTo(scores.induction[layer]![head]!, 5);
    expect(headOf(result, 0, 3).diagonal).toBeGreaterThan(0.9);
  });

  test("takes threshold and length per call, and says when nothing is detected", async () => {
    const none = await detector.detect({ threshold: 0.99, seqLen: 32 });
    expect(none.input).toMatchObject({ period: 16, length: 32 + (none.input.bos ? 1 : 0) });
    expect(none.detected).toEqual([]);
    expect(none.verdictInWords).toBe("No head attends like an induction head: none reaches 0.99.");
  });

  test("runs every token pattern; abab is for display only", async () => {
    const all = await detector.detectAll({ seqLen: 32 });
    expect(Object.keys(all)).toEqual(["repeated", "abab", "copy", "embedded", "periodic"]);
    for (const [name, { detected, measurable, input, heads, ceiling }] of Object.entries(all)) {
      expect(input.kind).toBe(name);
      expect(measurable, name).toBe(name !== "abab");
      if (!measurable) {
        expect(detected).toEqual([]);
        continue;
      }
      const [best] = topHeads({ heads }, 1);
      expect(best, name).toMatchObject({ layer: 1, head: 2 });
      expect(best!.inductionStripe, name).toBeGreaterThan(name === "periodic" ? 0.3 : 0.45);
      expect(best!.overall, name).toBeLessThanOrEqual(ceiling.overall);
    }
    expect(all.abab.warnings.join()).toContain("for display only");
    expect(all.copy.thresholds.fromNull).toBeNull();
  });

  test("gives the attention of one head, for plots", async () => {
    const { pattern, tokens, start, period } = await detector.attention({ layer: 1, head: 2 });
    const behaviour = analyseHeadAttention(pattern, tokens, { period, start });
    expect(behaviour.inductionStripe).toBeGreaterThan(0.9);
    expect(plotInductionStripe(pattern, { period, start })).toMatch(
      /distance 31 (1\.0|0\.9)\d+ \[#{9,10}-?\] induction/,
    );
  });

  test("refuses thresholds, patterns and heads that are not there", async () => {
    expect(() => inductionHeadDetector(model, { threshold: 1.5 })).toThrow(
      "the detector needs a threshold from 0 to 1, got 1.5",
    );
    await expect(detector.detect({ pattern: "aba" as never })).rejects.toThrow(
      "the detector knows repeated, abab, copy, embedded, periodic, got aba",
    );
    await expect(detector.attention({ layer: 2, head: 0 })).rejects.toBeInstanceOf(InputError);
    await expect(detector.detect({ seqLen: 4000 })).rejects.toThrow(/do not fit/);
  });
});

/** One ideal head on `r r` with period 8, and its tokens. */
function ideal(name: IdealHead) {
  const all = idealHeads({ start: 0, period: 8, length: 16 });
  const at = IDEAL_HEADS.indexOf(name) * 256;
  const pattern = tensor(["query", "key"], [16, 16], all.data.slice(at, at + 256));
  return { pattern, tokens: Array.from({ length: 16 }, (_, position) => position % 8) };
}

describe("analyseHeadAttention(pattern, tokens, {period})", () => {
  test.each([
    ["induction", 1, 1],
    ["duplicateToken", 0, 0],
    ["previousToken", 0, 0],
  ] as const)("of an ideal %s head has stripe %f", (name, stripe, induction) => {
    const { pattern, tokens } = ideal(name);
    const behaviour = analyseHeadAttention(pattern, tokens, { period: 8 });
    expect(behaviour).toMatchObject({ inductionStripe: stripe, induction, peak: 1, entropy: 0 });
    expect(behaviour.diagonal > 0.9).toBe(name === "previousToken");
  });

  test("refuses tokens that do not repeat, as seed 2's own plot did not", () => {
    const { pattern, tokens } = ideal("induction");
    expect(() => analyseHeadAttention(pattern, tokens, { period: 7 })).toThrow(/claim period 7/);
  });
});

describe("ASCII plots", () => {
  test("an attention pattern is a grid of shades, one row a query", () => {
    const { pattern } = ideal("previousToken");
    const lines = plotAttentionPattern(pattern).trimEnd().split("\n");
    expect(lines).toHaveLength(18);
    expect(lines[1]).toBe("    0 |@               |");
    expect(lines[4]).toBe("    3 |  @             |");
  });

  test("a large pattern is drawn in blocks that keep single strong weights", () => {
    const { pattern } = ideal("induction");
    const lines = plotAttentionPattern(pattern, { width: 8 }).split("\n");
    expect(lines[0]).toContain("a character is 2 x 2 weights");
    expect(lines[7]).toBe("   12 |  @@    |"); // q 12 -> k 5, q 13 -> k 6
  });

  test("head scores are bars as in L05H07: 0.823 [########--], highest first", () => {
    const heads = [
      { layer: 7, head: 1, overall: 0.612 },
      { layer: 5, head: 7, overall: 0.823 },
    ];
    expect(plotHeadScores(heads)).toBe("L05H07: 0.823 [########--]\nL07H01: 0.612 [######----]\n");
    expect(plotHeadScores(heads, { count: 1 })).not.toContain("L07");
  });

  test("the stripe tells induction from duplicates, and refuses a period that does not fit", () => {
    const plot = (name: IdealHead) => plotInductionStripe(ideal(name).pattern, { period: 8 });
    expect(plot("induction")).toContain("distance 7 1.000 [##########] induction\n");
    expect(plot("duplicateToken")).toContain("distance 7 0.000 [----------] induction\n");
    expect(plot("duplicateToken")).toContain("distance 8 1.000 [##########] duplicate token\n");
    expect(() => plotInductionStripe(ideal("induction").pattern, { period: 9 })).toThrow(
      "the induction stripe needs two copies, got period 9 and start 0 in 16 x 16",
    );
  });

  test("plots leave their input as it was", () => {
    const { pattern } = ideal("uniform");
    const before = pattern.data.slice();
    plotAttentionPattern(pattern);
    plotInductionStripe(pattern, { period: 8 });
    expect(pattern.data).toEqual(before);
  });
});

describe("detectorText(result)", () => {
  test("is the report of the original, with all three thresholds", () => {
    const text = detectorText(result);
    expect(text).toMatch(/^INDUCTION HEAD ANALYSIS REPORT\n={30}\n\nModel Info:\n/);
    expect(text).toContain("  n_layers: 2\n");
    expect(text).toContain("  Threshold: 0.40\n  Heads detected: 1 (L01H02)\n");
    expect(text).toMatch(/ {2}L01H02: 0\.8\d\d \[########--\]\n/);
    expect(text).toMatch(
      /fixed at 0\.40: 1 head\n.*from the null at .*: 1 head\n.*largest gap at .*: 1 head\n/,
    );
    expect(text).toContain("Attention alone does not show that a head copies or matters.");
    expect(text).not.toContain("Details:");
  });

  test("in detail also has the metrics, and what the original would have said", () => {
    expect(detectorText(result, { detailed: true })).toMatch(
      /L01H02\n {4}induction .*\n {4}induction stripe .*\n {4}overall as the original computes it, one token late: 0\.0/,
    );
  });
});
