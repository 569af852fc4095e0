import jStat from "jstat";
import { describe, expect, test } from "vitest";
import { random } from "../../src/base/random.ts";
import { tensor } from "../../src/base/tensor.ts";
import { averagePrecision, detectionQuality } from "../../src/bench/measure/detectionQuality.ts";
import { falseDiscovery } from "../../src/measure/falseDiscovery.ts";
import { meanInterval } from "../../src/measure/interval.ts";
import { gain } from "../../src/bench/measure/gain.ts";
import { fewestSequences, signFlipTest } from "../../src/measure/signFlipTest.ts";
import { bandHalfWidth, stopByPrecision } from "../../src/measure/stopByPrecision.ts";
import { thresholdByGap, thresholdFromNull } from "../../src/measure/thresholds.ts";

const bySequence = (rows: readonly (readonly number[])[]) =>
  tensor(["head", "sequence"], [rows.length, rows[0]!.length], Float64Array.from(rows.flat()));

describe("gain(score, disjoint, reshuffled)", () => {
  test("takes off the larger control of each head", () => {
    const gains = gain(
      bySequence([
        [0.9, 0.7],
        [0.5, 0.5],
      ]),
      bySequence([
        [0.1, 0.3],
        [0.5, 0.3],
      ]),
      bySequence([
        [0.2, 0],
        [0.1, 0.2],
      ]),
    );
    expect([...gains.data].map((value) => Number(value.toFixed(6)))).toEqual([0.8, 0.4, 0, 0.2]);
  });

  test("refuses controls of another size", () => {
    const single = bySequence([[1]]);
    expect(() => gain(single, single, bySequence([[1, 2]]))).toThrow(
      "controls of 1 heads x 1 sequences, got 1 x 2",
    );
  });
});

describe("signFlipTest(gains)", () => {
  const { normal } = random(2);
  const around = (mean: number, spread: number, sequences = 20) =>
    Array.from({ length: sequences }, () => mean + spread * normal());

  test("finds a head with a gain and lets alone one at or under the margin", () => {
    const p = signFlipTest(bySequence([around(0.6, 0.1), around(0.03, 0.05), around(-0.2, 0.1)]), {
      seed: 1,
    });
    expect(p[0]).toBeLessThan(0.002);
    expect(p[1]).toBeGreaterThan(0.2);
    expect(p[2]).toBeGreaterThan(0.9);
  });

  test("is (1 + b) / (1 + B), so never 0, and the same for the same seed", () => {
    const gains = bySequence([around(0.9, 0.01)]);
    expect(signFlipTest(gains, { flips: 999, seed: 3 })).toEqual([1 / 1000]);
    expect(signFlipTest(gains, { seed: 4 })).toEqual(signFlipTest(gains, { seed: 4 }));
  });

  test("holds its level: 5 % of heads whose gain is the margin have p <= .05", () => {
    const heads = Array.from({ length: 400 }, () => around(0.05, 0.1, 15));
    const small = signFlipTest(bySequence(heads), { seed: 5 }).filter((p) => p! <= 0.05).length;
    expect(small / 400).toBeGreaterThan(0.025);
    expect(small / 400).toBeLessThan(0.08);
  });

  test("is null where so few sequences cannot reach the level: 13 for 270 heads", () => {
    expect(fewestSequences(270)).toBe(13);
    const heads = Array.from({ length: 270 }, () => around(0.9, 0.01, 12));
    expect(new Set(signFlipTest(bySequence(heads)))).toEqual(new Set([null]));
  });

  test("refuses fewer than 20 flips per head", () => {
    const heads = bySequence(Array.from({ length: 60 }, () => around(0, 1)));
    expect(() => signFlipTest(heads, { flips: 1000 })).toThrow(
      "at least 20 flips per head, got 1000 for 60 heads",
    );
  });
});

describe("falseDiscovery(p)", () => {
  test("is Benjamini and Hochberg's adjustment, whatever the order", () => {
    // R: p.adjust(c(.01, .02, .03, .04, .05), "BH") and a shuffled case with a tie of adjusted values
    expect(
      falseDiscovery([0.01, 0.02, 0.03, 0.04, 0.05]).map((p) => Number(p!.toFixed(12))),
    ).toEqual([0.05, 0.05, 0.05, 0.05, 0.05]);
    const adjusted = falseDiscovery([0.5, 0.001, 0.04, 0.011]);
    [0.5, 0.004, 0.16 / 3, 0.022].forEach((expected, index) =>
      expect(adjusted[index]).toBeCloseTo(expected, 12),
    );
  });

  test("leaves out tests without p, and never exceeds 1", () => {
    expect(falseDiscovery([null, 0.02, null])).toEqual([null, 0.02, null]);
    expect(falseDiscovery([0.9, 0.95])).toEqual([0.95, 0.95]);
    expect(falseDiscovery([])).toEqual([]);
  });
});

describe("thresholds", () => {
  test("from the null is mean + z deviations of the null's scores", () => {
    const { threshold, mean, deviation } = thresholdFromNull([0.01, 0.02, 0.03], 2);
    expect([mean, deviation, threshold].map((value) => Number(value.toFixed(9)))).toEqual([
      0.02, 0.01, 0.04,
    ]);
    expect(() => thresholdFromNull([1])).toThrow("at least 2 scores, got 1");
  });

  test("by gap lies in the middle of the widest step, and not in the crowd near zero", () => {
    expect(thresholdByGap([0.9, 0.02, 0.85, 0.45, 0.4])).toMatchObject({
      above: 0.85,
      below: 0.45,
      threshold: 0.65,
    });
    expect(thresholdByGap([0.001, 0.09, 0.0])).toBeNull();
    expect(thresholdByGap([])).toBeNull();
  });
});

describe("detectionQuality(labels, truth) and averagePrecision(scores, truth)", () => {
  test("are precision, recall and F1 as defined, and null without a denominator", () => {
    const quality = detectionQuality(
      [true, true, true, false, false],
      [true, true, false, true, false],
    );
    expect(quality).toEqual({ precision: 2 / 3, recall: 2 / 3, f1: 2 / 3 });
    expect(detectionQuality([false], [true])).toEqual({ precision: null, recall: 0, f1: 0 });
    expect(detectionQuality([false], [false])).toEqual({ precision: null, recall: null, f1: null });
  });

  test("average precision is 1 if true heads lead, and does not depend on the order of ties", () => {
    expect(averagePrecision([3, 2, 1], [true, true, false])).toBe(1);
    expect(averagePrecision([3, 2, 1], [true, false, true])).toBeCloseTo((1 + 2 / 3) / 2, 12);
    expect(averagePrecision([1, 1], [true, false])).toBe(0.5);
    expect(averagePrecision([1, 1], [false, true])).toBe(0.5);
    expect(averagePrecision([1], [false])).toBeNull();
  });

  test("need one truth per label", () => {
    expect(() => detectionQuality([true], [])).toThrow("one truth per label, got 1 and 0");
    expect(() => averagePrecision([NaN], [true])).toThrow("needs numbers, got NaN");
  });
});

describe("stopByPrecision(scores, rule)", () => {
  const { normal } = random(9);
  const logistic = (value: number) => 1 / (1 + Math.exp(-value));

  /** A few heads that vary as on a real model (spread .08 at .5) and many near 0, with a part that they have in common. */
  const HEADS = [
    ...Array.from({ length: 12 }, (_, head) => [-2 + head / 3, 0.35] as const),
    ...Array.from({ length: 12 }, (_, head) => [-6 + head / 4, 0.8] as const),
  ];
  const TRUTH = HEADS.map(([centre, spread]) => {
    const points = Array.from({ length: 4000 }, (_, index) =>
      jStat.normal.inv((index + 0.5) / 4000, 0, 1),
    );
    return points.reduce((sum, point) => sum + logistic(centre + spread * point), 0) / 4000;
  });

  /** Draws twenty sequences at a time until told to stop. */
  function run(common: number, seed: number) {
    const rows: number[][] = HEADS.map(() => []);
    for (;;) {
      for (let draw = 0; draw < 20; draw++) {
        const shared = normal();
        HEADS.forEach(([centre, spread], head) => {
          const own = Math.sqrt(common) * shared + Math.sqrt(1 - common) * normal();
          rows[head]!.push(logistic(centre + spread * own));
        });
      }
      const { enough, halfWidth, sequences } = stopByPrecision(bySequence(rows), {
        target: 0.02,
        seed,
        draws: 200,
      });
      if (!enough) continue;
      const off = rows.map(
        (row, head) => row.reduce((sum, value) => sum + value, 0) / sequences - TRUTH[head]!,
      );
      return { covered: off.every((deviation) => Math.abs(deviation) <= halfWidth!), sequences };
    }
  }

  test.each([0, 0.5])(
    "covers all 24 heads at once about as often as it says, correlation of heads %f",
    (common) => {
      const runs = Array.from({ length: 200 }, (_, index) => run(common, index));
      const coverage = runs.filter(({ covered }) => covered).length / runs.length;
      const lengths = runs.map(({ sequences }) => sequences).sort((left, right) => left - right);
      expect(coverage).toBeGreaterThanOrEqual(
        0.92,
      ); /* .955 of 800 runs with 1,000 and more signs, looking every 10 or 20 */
      expect(lengths.at(-1)).toBeLessThanOrEqual(160);
    },
  );

  test("does not stop under 20 sequences or while a head is uncertain, and says how far it is", () => {
    const certain = Array.from({ length: 19 }, () => 0.5);
    const rule = { target: 0.02 };
    expect(stopByPrecision(bySequence([certain]), rule)).toEqual({
      enough: false,
      halfWidth: 0,
      sequences: 19,
    });
    expect(stopByPrecision(bySequence([[...certain, 0.5]]), rule).enough).toBe(true);
    const doubtful = Array.from({ length: 20 }, (_, index) => index / 20);
    const both = stopByPrecision(bySequence([[...certain, 0.5], doubtful]), rule);
    expect(both.enough).toBe(false);
    expect(both.halfWidth).toBeGreaterThan(0.1);
    expect(stopByPrecision(bySequence([[0.1]]), rule).halfWidth).toBeNull();
    expect(() => stopByPrecision(bySequence([[0.1]]), { target: 0 })).toThrow(
      /between 0 and 1, got 0/,
    );
  });

  test("is the t interval for one head", () => {
    const row = Array.from({ length: 40 }, () => logistic(0.35 * normal()));
    const [low, high] = meanInterval(row)!;
    expect(bandHalfWidth(bySequence([row])) / ((high - low) / 2)).toBeGreaterThan(0.9);
    expect(bandHalfWidth(bySequence([row])) / ((high - low) / 2)).toBeLessThan(1.1);
  });
});
