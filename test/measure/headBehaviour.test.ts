import { describe, expect, test } from "vitest";
import { headBehaviour } from "../../src/measure/headBehaviour.ts";
import { IDEAL_HEADS, idealHeads } from "../../src/measure/idealHeads.ts";

describe("headBehaviour(pattern, repeats)", () => {
  const repeats = { start: 1, period: 10, length: 21 };
  const behaviours = headBehaviour(idealHeads(repeats), repeats);
  const of = (head: (typeof IDEAL_HEADS)[number]) => behaviours[IDEAL_HEADS.indexOf(head)]!;

  test("shows the induction stripe of an induction head only", () => {
    expect(IDEAL_HEADS.map((head) => Math.round(of(head).inductionStripe * 10) / 10)).toEqual([
      1, 0, 0, 0, 0, 0.1,
    ]);
  });

  test("has the diagonal of a previous-token head, and no entropy for attention to one key", () => {
    expect(of("previousToken")).toMatchObject({ diagonal: 1, entropy: 0, peak: 1 });
  });

  test("has the mean of ln(q + 1) as the entropy of uniform attention", () => {
    const expected =
      Array.from({ length: 21 }, (_, query) => Math.log(query + 1)).reduce(
        (sum, value) => sum + value,
      ) / 21;
    expect(of("uniform").entropy).toBeCloseTo(expected, 5);
  });
});
