import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { charactersIn, textData, textSplit } from "../../src/training/data/textSplit.ts";
import { validationRows } from "../../src/training/data/validationRows.ts";
import type { CopiedRows } from "../../src/training/data/copiedRows.ts";
import { stepRows, trainingRows } from "../../src/training/data/trainingRows.ts";
import { recipeFrom, type RecipeInput } from "../../src/training/recipe.ts";

const KINDS: Readonly<Record<string, RecipeInput>> = {
  repeated: { data: { kind: "repeated", period: 9 } },
  periodic: { data: { kind: "periodic", minPeriod: 3, maxPeriod: 20 } },
  bigram: { data: { kind: "bigram", repeats: 0.2 } },
};

describe("trainingRows(recipe)", () => {
  test.each(Object.entries(KINDS))(
    "of %s tokens are a function of seed and step, and targets follow tokens",
    (_, input) => {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), fc.nat(100_000), (seed, step) => {
          const recipe = recipeFrom({ ...input, seed, batch: 3 });
          const { tokens, targets } = trainingRows(recipe, null)(step);
          expect(trainingRows(recipe, null)(step)).toEqual({ tokens, targets });
          expect(trainingRows(recipe, null)(step + 1).tokens.data).not.toEqual(tokens.data);
          expect(tokens.shape).toEqual([3, 64]);
          for (let index = 0; index < 3 * 64 - 1; index++)
            if (index % 64 < 63) expect(targets.data[index]).toBe(tokens.data[index + 1]);
          expect(tokens.data.every((id) => id >= 0 && id < 64)).toBe(true);
        }),
        { numRuns: 20 },
      );
    },
  );

  test("of a copy are what the encoder reads, and the decoder writes after its start", () => {
    const recipe = recipeFrom({
      model: { family: "t5" },
      data: { kind: "copied", maxLength: 6 },
      batch: 3,
    });
    const rowsOf = stepRows(recipe, null);
    const lengths = Array.from({ length: 20 }, (_, step) => {
      const { encoder, decoder, targets } = rowsOf(step) as CopiedRows;
      const [, length] = encoder.shape as [number, number];
      expect(targets.data).toEqual(encoder.data);
      for (let row = 0; row < 3; row++) {
        const at = row * length;
        expect(encoder.data[at + length - 1]).toBe(1);
        expect([...decoder.data.slice(at, at + length)]).toEqual([
          ...[0, ...encoder.data.slice(at, at + length - 1)],
        ]);
      }
      expect(rowsOf(step)).toEqual({ encoder, decoder, targets });
      return length - 1;
    });
    expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([4, 6]);
  });

  test("of repeated tokens come back after the period, and differ within it", () => {
    const { tokens } = trainingRows(recipeFrom(KINDS["repeated"]), null)(1);
    const row = [...tokens.data.slice(0, 64)];
    expect(new Set(row.slice(0, 9)).size).toBe(9);
    row.slice(9).forEach((id, index) => expect(id).toBe(row[index]));
  });

  test("of bigrams follow one table in all rows, but for where a span begins or ends", () => {
    const recipe = recipeFrom({ data: { kind: "bigram", successors: 2, repeats: 0 }, batch: 64 });
    const { tokens, targets } = trainingRows(recipe, null)(1);
    const followers = new Map<number, Set<number>>();
    tokens.data.forEach((id, index) =>
      followers.set(id, (followers.get(id) ?? new Set()).add(targets.data[index]!)),
    );
    expect(Math.max(...[...followers.values()].map(({ size }) => size))).toBe(2);
  });

  test("of a text are windows of its first part; held-out windows are of the rest", async () => {
    const text = "abcdefghij".repeat(10);
    const data = await textData(text, { file: "a.txt", validation: 0.3 });
    const recipe = recipeFrom({ data, model: { contextLength: 8 }, batch: 50 });
    expect(recipe.model.vocabulary).toBe(10);
    const split = await textSplit(text, data, 8);
    expect([split.training.length, split.validation.length]).toEqual([70, 30]);
    const { tokens, targets } = trainingRows(recipe, split)(1);
    tokens.data.forEach((id, index) => expect(targets.data[index]).toBe((id + 1) % 10));
    const validation = validationRows(split, { windows: 3, contextLength: 8 })!;
    expect([...validation.tokens.data.slice(0, 3)]).toEqual([0, 1, 2]);
    expect([...validation.targets.data.slice(-3)]).toEqual([7, 8, 9]);
  });
});

describe("textSplit(text, data, contextLength)", () => {
  const data = {
    kind: "text",
    file: "a.txt",
    sha256: createHash("sha256").update("banana").digest("hex"),
    characters: charactersIn("banana"),
    validation: 0.5,
  } as const;

  test("refuses a text shorter than a window, unknown characters, and another text", async () => {
    await expect(textSplit("banana", data, 4)).rejects.toThrow(
      "a window has 4 + 1 characters (`contextLength`), the training part of a.txt has 3",
    );
    await expect(textSplit("bandana", data, 2)).rejects.toThrow('the character table has no "d"');
    await expect(textSplit("nabana", data, 2)).rejects.toThrow(/sha256 b493/);
  });
});
