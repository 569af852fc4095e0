import { describe, expect, test } from "vitest";
import { tensor } from "../../src/base/tensor.ts";
import { copyLosses, olssonInContextScore } from "../../src/measure/losses.ts";

/** Loss p at position p, plus 100 per sequence; NaN at 0, where there is no prediction. */
function counting(sequences: number, length: number) {
  const data = Float32Array.from({ length: sequences * length }, (_, place) =>
    place % length === 0 ? NaN : (place % length) + 100 * Math.floor(place / length),
  );
  return tensor(["sequence", "position"], [sequences, length], data);
}

describe("copyLosses(losses, {start, period})", () => {
  test("means tokens 2 to S of each copy, with BOS and without", () => {
    const withBos = copyLosses(counting(2, 9), { start: 1, period: 4 });
    expect([...withBos.firstCopy]).toEqual([3, 103]); // positions 2, 3, 4
    expect([...withBos.secondCopy]).toEqual([7, 107]); // positions 6, 7, 8
    expect([...withBos.copyGain]).toEqual([-4, -4]);
    const without = copyLosses(counting(1, 8), { start: 0, period: 4 });
    expect([...without.firstCopy, ...without.secondCopy]).toEqual([2, 6]);
  });

  test("is ln V in both copies and gains 0 for a model that knows nothing", () => {
    const losses = tensor(
      ["sequence", "position"],
      [1, 9],
      new Float64Array(9).fill(Math.log(512)),
    );
    const { firstCopy, copyGain } = copyLosses(losses, { start: 1, period: 4 });
    expect(firstCopy[0]).toBeCloseTo(Math.log(512), 12);
    expect(copyGain[0]).toBe(0);
  });

  test("refuses copies that do not fit", () => {
    expect(() => copyLosses(counting(1, 8), { start: 1, period: 4 })).toThrow(/copyLosses needs/);
  });
});

describe("olssonInContextScore(losses)", () => {
  test("is the loss at 500 minus the loss at 50, or at other positions", () => {
    expect([...olssonInContextScore(counting(2, 512))]).toEqual([450, 450]);
    expect([...olssonInContextScore(counting(1, 20), { early: 3, late: 19 })]).toEqual([16]);
  });

  test("refuses positions that are not there", () => {
    expect(() => olssonInContextScore(counting(1, 500))).toThrow(
      "icl.olsson needs 1 <= early < late < 500 tokens, got early 50 and late 500",
    );
    expect(() => olssonInContextScore(counting(1, 500), { early: 0, late: 9 })).toThrow(/early 0/);
  });
});
