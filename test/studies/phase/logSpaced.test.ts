import { describe, expect, test } from "vitest";
import { logSpaced } from "../../../src/studies/phase/logSpaced.ts";

const at = (...steps: number[]) => steps.map((step) => ({ step }));
const stepsOf = (chosen: readonly { readonly step: number }[]) => chosen.map(({ step }) => step);

/** The revisions of Pythia. */
const PYTHIA = at(
  0,
  ...Array.from({ length: 10 }, (_, power) => 2 ** power),
  ...Array.from({ length: 143 }, (_, index) => 1000 * (index + 1)),
);

describe("logSpaced(checkpoints, count)", () => {
  test("has the first and the last, and as many as were asked for, in their order", () => {
    for (const count of [2, 5, 30, 153]) {
      const steps = stepsOf(logSpaced(PYTHIA, count));
      expect(steps).toHaveLength(count);
      expect([steps[0], steps.at(-1)]).toEqual([0, 143_000]);
      expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    }
  });

  test("halves the widest gap on the log scale of steps that are even on a linear one", () => {
    const even = at(...Array.from({ length: 1000 }, (_, index) => index + 1));
    expect(stepsOf(logSpaced(even, 4))).toEqual([1, 32, 179, 1000]);
    expect(stepsOf(logSpaced(even, 5))).toEqual([1, 6, 32, 179, 1000]);
  });

  test("leaves no gap of Pythia's steps wider than a factor of two with 30", () => {
    const steps = stepsOf(logSpaced(PYTHIA, 30)).slice(1);
    const factors = steps.slice(1).map((step, index) => step / steps[index]!);
    expect(Math.max(...factors)).toBeLessThanOrEqual(2);
  });

  test("takes all where there are no more", () => {
    expect(logSpaced(at(0, 5), 2)).toEqual(at(0, 5));
  });
});
