import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  INDUCTION_ATTENTION,
  isSubstantialInduction,
} from "../../src/measure/attendsLikeInduction.ts";
import { headDepth, isAtClaimedDepth } from "../../src/measure/headDepth.ts";

test("the depth of a head is the share of the layers before its own, so the last is under 1", () => {
  expect([0, 6, 9, 11].map((layer) => headDepth(layer, 12))).toEqual([0, 0.5, 0.75, 11 / 12]);
  expect(headDepth(0, 1)).toBe(0);
});

test("of 12 layers, 6 to 9 lie from L/2 to 3L/4", () => {
  const layers = Array.from({ length: 12 }, (_, layer) => layer);
  const claimed = layers.filter((layer) => isAtClaimedDepth(headDepth(layer, 12)));
  expect(claimed).toEqual([6, 7, 8, 9]);
});

test("no file divides layers by hand to say how deep a head lies", () => {
  for (const study of ["analyse/analyse.ts", "verdict/buildResult.ts", "phase/phase.ts"]) {
    const code = readFileSync(join(import.meta.dirname, "../../src/studies", study), "utf8");
    expect(code).toContain("headDepth(");
    expect(code).not.toMatch(/layer \/ \(?\w*\.?layers/);
  }
});

test("attention is substantial from .3 on, and from twice uniform attention where that is more", () => {
  expect(isSubstantialInduction(0.3, 0.02)).toBe(true);
  expect(isSubstantialInduction(0.29, 0.02)).toBe(false);
  expect(isSubstantialInduction(0.39, 0.2)).toBe(false);
  expect(isSubstantialInduction(0.4, 0.2)).toBe(true);
});

test("each higher threshold of attention asks for more", () => {
  const { aboveUniform, least, substantial, fixed, strong } = INDUCTION_ATTENTION;
  const rising = [aboveUniform, least, substantial, fixed, strong];
  expect(rising.toSorted((a, other) => a - other)).toEqual(rising);
});
