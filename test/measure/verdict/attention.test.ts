import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  attentionEvidence,
  distancesSeen,
  type PeriodAttention,
  type ScoresByHead,
} from "../../../src/measure/verdict/attention.ts";
import { writtenTowards } from "../../../src/measure/verdict/copying.ts";
import { periodsFrom } from "../../../src/measure/verdict/periods.ts";
import { mechanismOf, pathEffect } from "../../../src/measure/verdict/upstream.ts";
import { about } from "./evidence.ts";

const SEQUENCES = 20;

function scores(strengths: Partial<Record<keyof ScoresByHead, number>>): ScoresByHead {
  const of = (name: keyof ScoresByHead) => [
    Array.from({ length: SEQUENCES }, (_, row) => (strengths[name] ?? 0) + 0.001 * (row % 3)),
  ];
  return {
    induction: of("induction"),
    previousToken: of("previousToken"),
    duplicateToken: of("duplicateToken"),
    firstToken: of("firstToken"),
    currentToken: of("currentToken"),
  };
}

/** One head at one period; `stripe` is attention at distance 7 on D. */
function period(
  length: number,
  repeated: Parameters<typeof scores>[0],
  control: Parameters<typeof scores>[0] = {},
  stripe = 0,
): PeriodAttention {
  const layout = { start: 1, period: length };
  const estimateOf = (value: number) =>
    Array.from({ length: distancesSeen(layout) }, (_, distance) =>
      distance === 7 ? SEQUENCES * value : 0,
    );
  return {
    ...layout,
    repeated: scores(repeated),
    disjoint: scores(control),
    reshuffled: scores({}),
    scan: [{ sums: estimateOf(stripe), squares: estimateOf(stripe ** 2) }],
  };
}

describe("attentionEvidence(periods)", () => {
  test("takes what does not move with the period as the mean over periods, surer than one, and a stripe where it is least", () => {
    const strengths = [0.2, 0.3, 0.4];
    const periods = [32, 26, 20].map((length, at) =>
      period(length, { currentToken: strengths[at]!, induction: strengths[at]! }),
    );
    const evidence = (some: readonly PeriodAttention[]) => attentionEvidence(some, { seed: 0 })[0]!;
    const whole = evidence(periods);
    const each = periods.map((one) => evidence([one]).currentToken);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / 3;
    expect(whole.currentToken.value).toBeCloseTo(mean(each.map(({ value }) => value)), 12);
    const reach = ({ low, value }: { low: number | null; value: number }) => value - low!;
    expect(reach(whole.currentToken)).toBeCloseTo(Math.hypot(...each.map(reach)) / 3, 12);
    expect(whole.induction.value).toBeCloseTo(0.2, 10);
  });

  test("gives an induction head its gain, found at every period", () => {
    const [head] = attentionEvidence(
      [32, 26, 20].map((length) => period(length, { induction: 0.8 })),
      { seed: 0 },
    );
    expect(head!.induction.value).toBeCloseTo(0.8, 2);
    expect(head!.p).toBeLessThan(0.05);
  });

  test("gives a head nothing whose stripe is there without the repetition", () => {
    const [head] = attentionEvidence(
      [period(32, { induction: 0.8 }, { induction: 0.8 }), period(26, {}), period(20, {})],
      { seed: 0 },
    );
    expect(head!.induction.value).toBeCloseTo(0, 2);
    expect(head!.p).toBeGreaterThan(0.05);
  });

  test("finds the distance of a stripe that is there where nothing repeats", () => {
    const [head] = attentionEvidence([period(32, {}, {}, 0.6), period(26, {}), period(20, {})], {
      seed: 0,
    });
    expect(head!.fixedDistance!.distance).toBe(7);
    expect(head!.fixedDistance!.value).toBeGreaterThan(0.55);
  });

  test("takes what uniform attention scores off positional behaviours", () => {
    const uniform = 1 / 48;
    const [head] = attentionEvidence([period(32, { previousToken: uniform })], { seed: 0 });
    expect(head!.previousToken.value).toBeCloseTo(0, 2);
  });
});

test("periodsFrom gives up to three periods of at least 4, none dividing another", () => {
  expect(periodsFrom(32)).toEqual([32, 26, 20]);
  expect(periodsFrom(5)).toEqual([5, 4]);
  expect(periodsFrom(4)).toEqual([4]);
  fc.assert(
    fc.property(fc.integer({ min: 4, max: 600 }), (longest) => {
      const periods = periodsFrom(longest);
      expect(periods[0]).toBe(longest);
      expect(Math.min(...periods)).toBeGreaterThanOrEqual(4);
      expect(new Set(periods).size).toBe(periods.length);
      for (const length of periods)
        for (const other of periods) if (length !== other) expect(length % other).not.toBe(0);
      if (longest >= 7) expect(periods.length).toBe(3);
    }),
  );
});

test("writtenTowards tells a copier from a head that raises all tokens alike", () => {
  const outputs = [0, 1, 2].map((place) =>
    Float32Array.of(+(place === 0), +(place === 1), +(place === 2)),
  );
  const copier = writtenTowards(outputs, outputs);
  expect(copier).toEqual({ own: 1, others: 0, spread: 0 });
  const same = outputs.map(() => Float32Array.of(1, 1, 1));
  expect(writtenTowards(outputs, same)).toEqual({ own: 1, others: 1, spread: 0 });
});

describe("upstream", () => {
  test("a path's effect is the share of the stripe that is lost, null where there is no stripe", () => {
    const clean = Array.from({ length: 12 }, (_, row) => 0.8 + 0.01 * (row % 2));
    expect(
      pathEffect(
        clean,
        clean.map((value) => value / 4),
      )!.value,
    ).toBeCloseTo(0.75, 6);
    expect(
      pathEffect(
        clean.map(() => 0),
        clean,
      ),
    ).toBeNull();
  });

  test("the mechanism is that of the route that carries twice as much, else mixed", () => {
    const path = (route: "q" | "k", value: number) => ({ route, ...about(value) });
    expect(mechanismOf([path("k", 0.9), path("q", 0.2)])).toBe("K");
    expect(mechanismOf([path("k", 0.2), path("q", 0.9)])).toBe("Q");
    expect(mechanismOf([path("k", 0.6), path("q", 0.5)])).toBe("mixed");
    expect(mechanismOf([path("k", 0.05)])).toBe("none");
  });
});
