import { describe, expect, test } from "vitest";
import { checkpoints, trainingCurve } from "../../bench/trainingCurves.js";
import { random } from "../../src/base/random.ts";
import { changePoint, changeSearch } from "../../src/measure/changePoint.ts";
import { logSteps, SKEWS, transitionAt } from "../../src/measure/change/shapes.ts";

const STEPS = Array.from({ length: 50 }, (_, index) => Math.round(10 * 1.13 ** index));
const noisy = (of: (step: number) => number, { noise = 0.02, seed = 1 } = {}) => {
  const stream = random(seed);
  return STEPS.map((step) => of(step) + noise * stream.normal());
};
const logistic = (step: number, middle: number, width: number) =>
  1 / (1 + Math.exp(((-2 * Math.log(9)) / width) * Math.log10(step / middle)));
const draws = 200;

describe("changePoint(steps, values)", () => {
  test("lies where a logistic change has half its height, with height and width", () => {
    const values = noisy((step) => 0.1 + 0.8 * logistic(step, 300, 0.3));
    const { change, p } = changePoint(STEPS, values, { draws });
    expect(p).toBeLessThan(1e-6);
    expect(change!.interval[0]).toBeLessThan(300);
    expect(change!.interval[1]).toBeGreaterThan(300);
    expect(Math.log10(change!.interval[1] / change!.interval[0])).toBeLessThan(0.1);
    expect(change!.effectSize).toBeCloseTo(0.8, 1);
    expect(Math.abs(change!.width - 0.3)).toBeLessThan(0.1);
    expect(change!.noise).toBeCloseTo(0.02, 2);
  });

  test("has all that lies between two checkpoints if the change does", () => {
    const values = noisy((step) => (step > STEPS[24]! ? 1 : 0), { noise: 0.01 });
    const { change } = changePoint(STEPS, values, { draws });
    expect(change!.interval[0]).toBeLessThanOrEqual(STEPS[24]! * 1.005);
    expect(change!.interval[1]).toBeGreaterThanOrEqual(STEPS[25]! * 0.995);
    expect(change!.step).toBeGreaterThan(STEPS[24]!);
    expect(change!.step).toBeLessThan(STEPS[25]!);
  });

  test("is none for noise, a line in log step, an exponential approach and a power law", () => {
    const search = changeSearch(STEPS, { draws });
    for (const smooth of [
      () => 0,
      (step: number) => 0.3 * Math.log10(step),
      (step: number) => Math.exp(-step / 300),
      (step: number) => 2 + (1 + step / 30) ** -0.5,
    ]) {
      expect(search(noisy(smooth, { seed: 3 })).change).toBeNull();
    }
  });

  test("is none with p 1 for a curve that never moves", () => {
    expect(
      changePoint(
        STEPS,
        STEPS.map(() => 0.25),
      ),
    ).toEqual({ change: null, p: 1 });
  });

  test("does not depend on unit and sign of the curve, but for its height", () => {
    const values = noisy((step) => logistic(step, 500, 0.2), { noise: 0.05 });
    const search = changeSearch(STEPS, { draws });
    const original = search(values);
    const other = search(values.map((value) => 7 - 40 * value));
    expect(other.p).toBeCloseTo(original.p, 6);
    expect(other.change!.step / original.change!.step).toBeCloseTo(1, 4);
    expect(other.change!.effectSize / original.change!.effectSize).toBeCloseTo(-40, 2);
  });

  test("leaves its input as it was, and says the same every time", () => {
    const values = noisy((step) => logistic(step, 500, 0.2));
    const [steps, before] = [[...STEPS], [...values]];
    const search = changeSearch(steps, { draws });
    expect(search(values)).toEqual(changePoint(steps, values, { draws }));
    expect([steps, values]).toEqual([STEPS, before]);
  });

  test("refuses few checkpoints, steps that do not rise, other lengths, and NaN", () => {
    expect(() => changePoint([1, 2, 3], [1, 2, 3])).toThrow("at least 12 checkpoints, got 3");
    const back = STEPS.map((step, index) => (index === 7 ? 1 : step));
    expect(() => changePoint(back, STEPS)).toThrow("steps that rise from 0 on, got 1 at place 7");
    expect(() => changePoint(STEPS, [1])).toThrow("one value a checkpoint, got 1 for 50");
    const broken = STEPS.map((_, index) => (index === 4 ? NaN : 0));
    expect(() => changePoint(STEPS, broken)).toThrow("finite values, got NaN at place 4");
  });

  test("raises few false alarms, and its intervals have the change: 30 made-up curves each (npm run bench:phase: 400)", () => {
    let [alarms, hits, covered] = [0, 0, 0];
    for (let set = 0; set < 3; set++) {
      const stream = random(99, set);
      const steps = checkpoints(stream);
      const search = changeSearch(steps, { draws });
      for (let trial = 0; trial < 10; trial++) {
        if (search(trainingCurve(stream, steps, { changes: false }).values).change) alarms += 1;
        const curve = trainingCurve(stream, steps, { changes: true });
        const { change } = search(curve.values);
        if (!change) continue;
        hits += 1;
        if (change.interval[0] <= curve.step! && curve.step! <= change.interval[1]) covered += 1;
      }
    }
    expect(alarms).toBeLessThanOrEqual(4);
    expect(hits).toBeGreaterThanOrEqual(25);
    expect(covered / hits).toBeGreaterThanOrEqual(0.88);
  });
});

describe("transitionAt(x, transition)", () => {
  test("has .5 at its centre and takes its width from .1 to .9, however skewed", () => {
    for (const skew of SKEWS) {
      const at = (x: number) => transitionAt(x, { centre: 2, width: 0.4, skew });
      expect(at(2)).toBeCloseTo(0.5, 12);
      const grid = Array.from({ length: 4001 }, (_, index) => 1 + index / 2000);
      const last = grid.findLast((x) => at(x) < 0.1)!;
      const first = grid.find((x) => at(x) > 0.9)!;
      expect(first - last).toBeCloseTo(0.4, 2);
    }
  });
});

test("logSteps puts step 0 at half of the first positive step", () => {
  expect([...logSteps([0, 10, 100])]).toEqual([Math.log10(5), 1, 2]);
});
