/** @file `seeds`: a Result of several seeds is that of the first, and says what differs. */
import { describe, expect, test } from "vitest";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { score } from "../../../src/studies/score/score.ts";
import { scoreResult, type ScoreResult } from "../../../src/studies/score/result.ts";
import { scoreSeeds } from "../../../src/studies/score/seeds.ts";
import { scoreView } from "../../../src/studies/score/view.ts";
import { verdict } from "../../../src/studies/verdict/verdict.ts";
import { verdictResult, type VerdictResult } from "../../../src/studies/verdict/result.ts";
import { verdictSeeds } from "../../../src/studies/verdict/seeds.ts";
import { verdictView } from "../../../src/studies/verdict/view.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { lasting } from "../../lasting.ts";
import { logInMemory } from "../../resumeLog.ts";

const backend = await oneEngine();
const model = await openPlanted("induction");

describe("score with seeds", () => {
  const common = { backend, numExamples: 10, seqLen: 12 };

  test("is that of the first seed, with the scores of each", async () => {
    const steps = new Set<string>();
    const progress = (step: string) => void steps.add(step);
    const { seeds, ...first } = await score(model, { ...common, seed: 3, seeds: 2, progress });
    const each = [
      await score(model, { ...common, seed: 3 }),
      await score(model, { ...common, seed: 4 }),
    ];
    expect(lasting(first)).toBe(lasting(each[0]!));
    expect(seeds!.seeds).toEqual([3, 4]);
    expect(seeds!.induction).toEqual(each.map(({ scores }) => scores.induction));
    expect(seeds!.top).toEqual(
      each.map(({ top }) => top.map(({ layer, head }) => ({ layer, head }))),
    );
    expect([...steps]).toEqual(["seed 3: scoring", "seed 4: scoring"]);
    expect(scoreResult.safeParse({ ...first, seeds }).error).toBeUndefined();
  });

  test("names the heads whose intervals have nothing in common, and whether the best are the same", async () => {
    const single = await score(model, common);
    const shifted = (by: number): ScoreResult => ({
      ...single,
      scores: {
        ...single.scores,
        induction: single.scores.induction.map((row, layer) =>
          row.map((value, head) => (layer === 1 && head === 2 ? value - by : value)),
        ),
      },
      intervals: {
        induction: single.intervals.induction.map((row, layer) =>
          row.map((ends, head) =>
            ends && layer === 1 && head === 2 ? [ends[0] - by, ends[1] - by] : ends,
          ),
        ),
      },
      top: by > 0 ? single.top.toReversed() : single.top,
    });
    const both = [single, shifted(0.5)];
    const seeds = scoreSeeds([0, 1], both);
    const value = single.scores.induction[1]![2]!;
    expect(seeds.apart).toEqual([{ layer: 1, head: 2, least: value - 0.5, most: value }]);
    const { sentences, tables } = scoreView({ ...single, seeds });
    expect(sentences!.at(-1)).toMatch(
      /^Over 2 seeds \(0 to 1\): the 5 best heads are the same, not in the same order; of 1 of \d+ heads the intervals/,
    );
    expect(tables.at(-1)!.rows[0]![0]).toEqual({ layer: 1, head: 2 });
  });

  test.each([
    [{ rows: { tokens: [[1, 2, 3, 1, 2, 3]], period: 3, bos: false }, seeds: 2 }, /have no seed/],
    [{ seeds: 0 }, /`seeds` needs a whole number from 1 to 100, got 0/],
    [{ seeds: 1.5 }, /got 1.5/],
  ])("refuses %j", async (options, message) => {
    await expect(score(model, { backend, ...options })).rejects.toThrow(message);
  });
});

describe("verdict with seeds", () => {
  const options = { backend, numExamples: 10, seqLen: 24, quick: true };

  test("is that of the first seed, counts induction heads, and resumes each seed by itself", async () => {
    const log = logInMemory();
    const { seeds, ...first } = await verdict(model, { ...options, seeds: 2, log });
    expect(lasting(first)).toBe(lasting(await verdict(model, options)));
    expect(seeds!.induction).toContainEqual({ layer: 1, head: 2, times: 2 });
    expect(verdictResult.safeParse({ ...first, seeds }).error).toBeUndefined();
    expect(verdictView({ ...first, seeds }).sentences!.at(-1)).toMatch(
      /^Over 2 seeds \(0 to 1\): 1 induction head in all of them/,
    );
    const keys = [...log.values.keys()];
    expect(new Set(keys.map((key) => key.slice(0, 7)))).toEqual(new Set(["seed 0 ", "seed 1 "]));
    const again = await verdict(model, { ...options, seeds: 2, log });
    expect(again.seeds).toEqual(seeds);
    expect([...log.values.keys()]).toEqual(keys);
  });

  test("lists labels and flags that differ, with those of each seed", async () => {
    const single = await verdict(model, options);
    const at = single.heads.findIndex(({ layer, head }) => layer === 1 && head === 2);
    const other: VerdictResult = {
      ...single,
      heads: single.heads.with(at, { ...single.heads[at]!, label: "mixed", flags: ["partial"] }),
    };
    const seeds = verdictSeeds([5, 6], [single, other]);
    expect(seeds.labels).toEqual([{ layer: 1, head: 2, labels: ["induction", "mixed"] }]);
    expect(seeds.flags).toMatchObject([
      { layer: 1, head: 2, flags: [expect.any(Array), ["partial"]] },
    ]);
    expect(seeds.induction).toEqual([{ layer: 1, head: 2, times: 1 }]);
    const { sentences, tables } = verdictView({ ...single, seeds });
    expect(sentences!.at(-1)).toContain("0 induction heads in all of them, 1 in some");
    expect(tables.at(-2)!.rows[0]).toEqual([{ layer: 1, head: 2 }, "induction", "mixed"]);
  });
});
