import { describe, expect, test } from "vitest";
import { pairWith, previousBefore, type Upstream } from "../../../src/studies/phase/leadingPair.ts";

const INDUCTION = { layer: 2, head: 3 };
const of = (head: number, fields: Partial<Upstream> = {}): Upstream => ({
  layer: 0,
  head,
  previousToken: 0.9 - head / 10,
  composition: null,
  lost: null,
  ...fields,
});
const lost = (k: number, q = 0, sure = true) => ({
  lost: { k: { share: k, sure }, q: { share: q, sure } },
});
const chosen = (candidates: readonly Upstream[]) => {
  const { previous, chosenBy } = pairWith(INDUCTION, candidates);
  return [previous?.head ?? null, chosenBy];
};

describe("pairWith(induction, candidates)", () => {
  test("takes the head whose path carries most, by keys or by queries", () => {
    expect(chosen([of(0, lost(0.2)), of(1, lost(0.6)), of(2, lost(0.4))])).toEqual([1, "paths"]);
    expect(chosen([of(0, lost(0.2)), of(1, lost(0, 0.3))])).toEqual([1, "paths"]);
  });

  test("does not take a path that may be nothing, or under a tenth, for evidence", () => {
    expect(chosen([of(0, lost(0.05)), of(1, lost(0.09))])).toEqual([0, "attention"]);
    expect(chosen([of(0, lost(0.02)), of(1, lost(0.6, 0, false))])).toEqual([0, "attention"]);
  });

  test("takes composition where paths were not measured, attention where weights are not known", () => {
    const composed = [
      of(0, { composition: { k: 0.1, q: 0.12 } }),
      of(1, { composition: { k: 0.3, q: 0.1 } }),
    ];
    expect(chosen(composed)).toEqual([1, "composition"]);
    expect(chosen([of(0), of(1)])).toEqual([0, "attention"]);
    expect(chosen([])).toEqual([null, null]);
  });
});

describe("previousBefore(layer, curves)", () => {
  test("has heads of earlier layers that attend so at the end, strongest first, and no other", () => {
    const previousToken = [
      [
        [0.9, 0.05],
        [0.1, 0.3],
        [0, 0.8],
      ],
      [
        [0, 0.9],
        [0, 0],
        [0, 0],
      ],
    ];
    const heads = previousBefore(1, { previousToken });
    expect(heads.map(({ layer, head }) => `${layer}.${head}`)).toEqual(["0.2", "0.1"]);
    expect(previousBefore(0, { previousToken })).toEqual([]);
  });
});
