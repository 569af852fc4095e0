import { describe, expect, test } from "vitest";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { behaviours } from "../../../src/studies/behaviours/behaviours.ts";
import { behavioursResult, type BehavioursResult } from "../../../src/studies/behaviours/result.ts";
import { oneEngine } from "../../interventions/engine.ts";

const backend = await oneEngine();
const model = await openPlanted("induction");
const lasting = ({ environment, timings, ...rest }: BehavioursResult) => JSON.stringify(rest);
const behaviourOf = ({ behaviours: all }: BehavioursResult, name: string) =>
  all.find((behaviour) => behaviour.name === name)!;

describe("behaviours(model)", () => {
  test("finds in a planted circuit one head that follows copies, and needs the current token alone", async () => {
    const result = await behaviours(model, { backend, numExamples: 12 });
    expect(behavioursResult.safeParse(result).success).toBe(true);
    const heads = (name: string) =>
      behaviourOf(result, name).heads.map(({ layer, head }) => `${layer}.${head}`);
    expect(heads("pairInduction")).toEqual(["1.2"]);
    expect(heads("needsCurrent")).toEqual(["1.2"]);
    expect(heads("needsPrevious")).toEqual([]);
    expect(heads("selectsByContext")).toEqual([]);
    const { scores, excess, controls } = behaviourOf(result, "pairInduction");
    expect(scores[1]![2]!).toBeGreaterThan(0.8);
    expect(excess[1]![2]!).toBeCloseTo(scores[1]![2]! - controls![1]![2]!, 6);
    // every key of a recurring token matches alike, so the planted head attends to all copies
    expect(result.copies).toMatchObject([{ layer: 1, head: 2, follows: "several" }]);
  });

  test("measures what is asked for alone, with the same numbers", async () => {
    const all = await behaviours(model, { backend, numExamples: 10 });
    const subset = await behaviours(model, { backend, numExamples: 10, only: ["needsCurrent"] });
    expect(subset.behaviours).toEqual([behaviourOf(all, "needsCurrent")]);
    expect(subset.copies).toBeNull();
    expect(subset.scenes.map(({ name }) => name)).toEqual(["context"]);
  });

  test("gives the same bytes for the same seed and other numbers for another", async () => {
    const options = { backend, numExamples: 3, only: ["lastCopy"] };
    const [first, same, other] = [
      await behaviours(model, options),
      await behaviours(model, options),
      await behaviours(model, { ...options, seed: 1 }),
    ];
    expect(lasting(same)).toBe(lasting(first));
    expect(other.behaviours[0]!.scores).not.toEqual(first.behaviours[0]!.scores);
    expect(first.warnings.join()).toContain("3 examples are too few for an interval");
    expect(first.behaviours[0]!.intervals[0]![0]).toBeNull();
  });

  test("lists what a model has no room for, with the reason", async () => {
    const architecture = { ...model.architecture, contextLength: 44 };
    const { behaviours: list, skipped } = await behaviours(
      { ...model, architecture },
      { backend, numExamples: 2 },
    );
    expect(list.map(({ name }) => name)).toContain("pairInduction");
    expect(skipped.find(({ behaviour }) => behaviour === "lastCopy")!.why).toMatch(
      /49 tokens.*44 positions/,
    );
  });

  test("makes rows of words where there is a tokenizer, and says of all others that there is none", async () => {
    const { skipped } = await behaviours(model, { backend, numExamples: 2 });
    expect(skipped.map(({ behaviour }) => behaviour)).toContain("openBracket");
    expect(skipped[0]!.why).toContain("no tokenizer beside the model");
  });

  test.each([
    [{ only: ["fistCopy"] }, /there is no behaviour fistCopy, did you mean firstCopy/],
    [{ examples: 5 }, /behaviours has no option `examples`/],
    [{ only: [] }, /at least one behaviour, got none/],
    [{ numExamples: 0 }, /whole number from 1 on, got 0/],
    [{ seed: 0.5 }, /`seed` needs a whole number, got 0.5/],
  ])("refuses %j", async (options, message) => {
    await expect(behaviours(model, { backend, ...options })).rejects.toThrow(message);
  });
});
