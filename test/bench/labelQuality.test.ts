import { describe, expect, test } from "vitest";
import { labelQuality } from "../../src/bench/measure/labelQuality.ts";

const head = (truth: string, label: string) => ({ truth, label });

describe("labelQuality(models)", () => {
  test("is 1 with bounds of 1 if every label is true", () => {
    const { labels, macro } = labelQuality(
      Array.from({ length: 5 }, () => [head("a", "a"), head("b", "b")]),
    );
    expect(labels).toEqual({ a: { f1: 1, low: 1, heads: 5 }, b: { f1: 1, low: 1, heads: 5 } });
    expect(macro).toEqual({ f1: 1, low: 1 });
  });

  test("counts false and missed labels against F1, in the confusion's own cells", () => {
    const { labels, macro, confusion } = labelQuality([
      [head("a", "a"), head("a", "b"), head("b", "b"), head("b", "c")],
    ]);
    expect(confusion).toEqual({ a: { a: 1, b: 1 }, b: { b: 1, c: 1 } });
    expect(labels["a"]!.f1).toBeCloseTo(2 / 3, 12);
    expect(labels["b"]!.f1).toBeCloseTo(1 / 2, 12);
    expect(macro.f1).toBeCloseTo((2 / 3 + 1 / 2) / 2, 12);
  });

  test("has wider bounds when the errors are all in one model", () => {
    const right = [head("a", "a"), head("a", "a")];
    const spread = labelQuality(
      Array.from({ length: 40 }, (_, at) => (at % 4 ? right : [head("a", "a"), head("a", "b")])),
    );
    const clumped = labelQuality([
      ...Array.from({ length: 39 }, () => right),
      Array.from({ length: 10 }, () => head("a", "b")),
    ]);
    expect(clumped.labels["a"]!.f1 - clumped.labels["a"]!.low).toBeGreaterThan(
      1.5 * (spread.labels["a"]!.f1 - spread.labels["a"]!.low),
    );
  });

  test("gives the same bounds for the same seed", () => {
    const models = Array.from({ length: 9 }, (_, at) => [head("a", at % 3 ? "a" : "b")]);
    expect(labelQuality(models)).toEqual(labelQuality(models));
  });

  test("refuses no heads", () => {
    expect(() => labelQuality([[]])).toThrow("labelQuality needs a head, got none");
  });
});
