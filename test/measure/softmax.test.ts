import { describe, expect, it } from "vitest";
import { logSumExp, softmax } from "../../src/measure/softmax.ts";

describe("softmax", () => {
  it("gives equal logits equal shares, also where exp would overflow", () => {
    expect([...softmax([1000, 1000, 1000, 1000])]).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it("gives the closed form for two logits", () => {
    const [first, second] = softmax(Float32Array.of(2, 0));
    expect(first).toBeCloseTo(1 / (1 + Math.exp(-2)), 12);
    expect(first! + second!).toBeCloseTo(1, 12);
  });

  it("gives a logit of minus infinity no share", () => {
    expect([...softmax([-Infinity, 3])]).toEqual([0, 1]);
  });

  it("sums logs without a loss of the small ones, and is minus infinity without values", () => {
    expect(logSumExp([-1000, -1000])).toBeCloseTo(-1000 + Math.log(2), 12);
    expect(logSumExp([])).toBe(-Infinity);
  });
});
