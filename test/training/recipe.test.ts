import { describe, expect, test } from "vitest";
import { recipeDifferences, recipeFrom } from "../../src/training/recipe.ts";
import { learningRateAt, logSpacedSteps } from "../../src/training/schedule.ts";

describe("recipeFrom(input)", () => {
  test("is the two-layer model on periodic tokens if nothing is asked for", () => {
    const recipe = recipeFrom();
    expect(recipe.model).toMatchObject({ layers: 2, heads: 4, dModel: 64, dMlp: null });
    expect(recipe.data).toEqual({ kind: "periodic", minPeriod: 4, maxPeriod: 32 });
    expect(recipe.checkpoints[0]).toBe(0);
    expect(recipe.checkpoints.at(-1)).toBe(recipe.steps);
    expect(recipe.checkpoints).toHaveLength(20);
  });

  test("gives itself back from its own JSON", () => {
    const recipe = recipeFrom({ steps: 10, model: { dMlp: 128, positions: "learned" } });
    expect(recipeFrom(JSON.parse(JSON.stringify(recipe)))).toEqual(recipe);
  });

  test("takes undefined for what is left out", () => {
    const none = { steps: undefined, model: { layers: undefined }, optimiser: { clip: undefined } };
    expect(recipeFrom({ ...none, data: undefined, checkpoints: undefined })).toEqual(recipeFrom());
  });

  test("refuses keys that it does not know, and lists every part that does not fit", () => {
    expect(() => recipeFrom({ learning_rate: 1 } as never)).toThrow(
      /learning_rate, which is not known/,
    );
    expect(() =>
      recipeFrom({
        model: { heads: 5, kvHeads: 2, contextLength: 64 },
        data: { kind: "periodic", minPeriod: 9, maxPeriod: 8 },
      }),
    ).toThrow(/multiple of heads 5.*multiple of kvHeads 2.*family llama.*got 9 to 8/);
    expect(() => recipeFrom({ steps: 0 })).toThrow(/steps.*0/);
    expect(() => recipeFrom([] as never)).toThrow(/a recipe must be an object of keys/);
  });
});

describe("recipeDifferences(before, now)", () => {
  test("names every key that differs, but not where the same text lies", () => {
    const text = { kind: "text", sha256: "0", characters: [..."abcdefgh"] } as const;
    const recipe = recipeFrom({ data: { ...text, file: "a.txt" } });
    const other = recipeFrom({
      data: { ...text, file: "b.txt" },
      seed: 1,
      optimiser: { clip: null },
    });
    expect(recipeDifferences(recipe, other)).toEqual([
      "optimiser.clip: 1, now null",
      "seed: 0, now 1",
    ]);
    expect(recipeDifferences(recipe, recipe)).toEqual([]);
  });
});

describe("the schedule", () => {
  const rate = { learningRate: 1, warmUp: 10, floor: 0.1 };

  test("rises in a line, then falls in half a cosine to its floor", () => {
    expect(learningRateAt(1, rate, 110)).toBeCloseTo(0.1);
    expect(learningRateAt(10, rate, 110)).toBe(1);
    expect(learningRateAt(60, rate, 110)).toBeCloseTo(0.55);
    expect(learningRateAt(110, rate, 110)).toBeCloseTo(0.1);
  });

  test("keeps the start, the end and steps between that grow by one factor", () => {
    expect(logSpacedSteps(1000, 5)).toEqual([0, 10, 46, 215, 1000]);
    expect(logSpacedSteps(3, 20)).toEqual([0, 1, 2, 3]);
  });
});
