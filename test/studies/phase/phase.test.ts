/** @file `phase` on curves alone, as a page that trains has them. */
import { describe, expect, test } from "vitest";
import { random } from "../../../src/base/random.ts";
import type { PhaseCurves } from "../../../src/studies/phase/result.ts";
import { phaseSeedsResult } from "../../../src/studies/phase/resultSeeds.ts";
import { phase } from "../../../src/studies/phase/phase.ts";
import { phaseSeeds } from "../../../src/studies/phase/phaseSeeds.ts";

const STEPS = Array.from({ length: 40 }, (_, index) => Math.round(20 * 1.15 ** index));
const options = { draws: 200 };

const rise = (middle: number) => (step: number) =>
  1 / (1 + Math.exp((-2 * Math.log(9) * Math.log10(step / middle)) / 0.25));

/** Curves of a model with one head in each of two layers. */
function curves({
  previous = 150,
  induction = 600,
  control = 0.02,
  seed = 1,
}: { previous?: number; induction?: number; control?: number; seed?: number } = {}): PhaseCurves {
  const stream = random(seed);
  const noisy = (of: (step: number) => number) =>
    STEPS.map((step) => of(step) + 0.01 * stream.normal());
  const flat = (value: number) => noisy(() => value);
  const second = noisy((step) => 4 - 3.5 * rise(induction)(step));
  const first = flat(4.2);
  return {
    loss: {
      firstCopy: first,
      secondCopy: second,
      copyGain: first.map((loss, index) => loss - second[index]!),
    },
    icl: null,
    training: null,
    induction: [[flat(0.02)], [noisy((step) => 0.02 + 0.9 * rise(induction)(step))]],
    control: [[flat(0.02)], [flat(control)]],
    previousToken: [[noisy((step) => 0.02 + 0.8 * rise(previous)(step))], [flat(0.02)]],
    copying: null,
    composition: null,
  };
}

describe("phase(steps, curves)", () => {
  test("has the change of the leading head, and the copy gain and the loss with it", () => {
    const result = phase(STEPS, curves(), options);
    expect(result.change!.low).toBeLessThan(600);
    expect(result.change!.high).toBeGreaterThan(600);
    expect(result.change!.effectSize).toBeCloseTo(0.9, 1);
    expect(result.order).toBe("previous-token first");
    expect(result.events[0]!.name).toBe("previousToken");
    expect(result.bump!.withChange).toBe(true);
    expect(result.bump!.change!.effectSize).toBeLessThan(-1.5);
    expect(result.words[0]).toMatch(/^Phase change at step \d+ \[\d+, \d+\]: .* head 1\.0/);
  });

  test("does not say which comes first where the intervals overlap", () => {
    const { order, words } = phase(STEPS, curves({ previous: 600 }), options);
    expect(order).toBe("not resolved");
    expect(words[1]).toMatch(/is not resolved, the intervals overlap/);
  });

  test("says that the induction head comes first where it does", () => {
    expect(phase(STEPS, curves({ previous: 2000, induction: 300 }), options).order).toBe(
      "induction first",
    );
  });

  test("says none for a head that attends by position, and for one that learns smoothly", () => {
    const positional = phase(STEPS, curves({ control: 0.9 }), options);
    expect([positional.change, positional.pair]).toEqual([null, null]);
    const original = curves();
    const smooth = STEPS.map((step) => 0.5 * (1 - Math.exp(-step / 800)));
    const slow = phase(
      STEPS,
      { ...original, induction: [original.induction[0]!, [smooth]] },
      options,
    );
    expect(slow.change).toBeNull();
    expect(slow.inductionHeads).toHaveLength(1);
    expect(slow.words[0]).toMatch(/attends by induction at the end .* does not rise suddenly/);
  });

  test("leaves its input as it was, and says the same every time", () => {
    const original = curves();
    const before = structuredClone(original);
    expect(phase(STEPS, original, options)).toEqual(phase(STEPS, original, options));
    expect(original).toEqual(before);
  });
});

describe("phaseSeeds(runs)", () => {
  test("says how stable time, place and mechanism are, and how many runs are as expected", () => {
    const runs = [400, 600, 2500].map((induction, seed) =>
      phase(STEPS, curves({ induction, seed }), { ...options, id: `run ${seed}` }),
    );
    const none = phase(STEPS, curves({ control: 0.9 }), options);
    const result = phaseSeeds([...runs, none]);
    expect(phaseSeedsResult.parse(result)).toEqual(result);
    expect(result.found).toBe(3);
    expect(result.steps!.least / 400).toBeCloseTo(1, 1);
    expect(result.steps!.most / 2500).toBeCloseTo(1, 1);
    expect(result.steps!.middle).toBeCloseTo(Math.cbrt(400 * 600 * 2500), -2);
    expect(result.depth).toMatchObject({ middle: 0.5, least: 0.5, most: 0.5, deviation: 0 });
    expect(result.expectations.map(({ runs: count, of }) => [count, of])).toEqual([
      [1, 3],
      [3, 3],
    ]);
    expect(result.orders).toEqual({ "previous-token first": 3, none: 1 });
  });

  test("refuses a single run", () => {
    expect(() => phaseSeeds([])).toThrow("from two runs on, got 0");
  });
});
