import { describe, expect, test } from "vitest";
import { openFolder } from "../../../src/models/folder.ts";
import type { LoadedModel } from "../../../src/models/loadedModel.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { random } from "../../../src/base/random.ts";
import { textResult } from "../../../src/studies/text/result.ts";
import { attention } from "../../../src/studies/attention/attention.ts";
import { runModel } from "../../../src/studies/run/runModel.ts";
import { isOf, repeatClasses } from "../../../src/studies/text/repeatTables.ts";
import { text } from "../../../src/studies/text/text.ts";
import { tokenizerOf } from "../../../src/text/tokenizer/tokenizer.ts";
import { findRepeats } from "../../../src/text/repeats.ts";
import { shared, unlessShared } from "../../shared.ts";
import { oneEngine } from "../../interventions/engine.ts";

const engine = await oneEngine();

/** Few different tokens, so that n-grams of all lengths come again. */
function babble(seed: number, length: number): number[] {
  const { integer } = random(seed);
  return Array.from({ length }, () => integer(1, 6));
}

/** The same model with a tokenizer that has a token for each letter. */
function spelling(model: LoadedModel): LoadedModel {
  const first = "a".codePointAt(0)!;
  const tokenizer = tokenizerOf({
    description: "letters",
    vocabSize: model.architecture.vocabulary,
    specialTokens: [],
    bos: { id: null, addToText: false, why: "it has none" },
    encode: (letters) => [...letters].map((letter) => letter.codePointAt(0)! - first),
    bytesOf: (id) => Uint8Array.of(first + id),
  });
  return { ...model, tokenizer: () => Promise.resolve(tokenizer) };
}

describe("text", () => {
  test("every repeat is in one class of n-grams and one of distances", () => {
    const repeats = findRepeats(babble(3, 120));
    const classes = repeatClasses(120);
    for (const kind of ["ngram", "distance"] as const) {
      const members = classes.filter((member) => member[kind] !== null);
      for (const repeat of repeats)
        expect(
          members.filter((member) => isOf(member, repeat)).length,
          JSON.stringify(repeat),
        ).toBe(1);
    }
  });

  const { skip, note } = unlessShared("goldens", "llama", "config.json");
  test.skipIf(skip)(
    `scores are means over the repeats of all pieces, read off patterns${note}`,
    async () => {
      const model = await openFolder(shared("goldens", "llama")!, "llama");
      const tokens = [babble(1, 20), babble(2, 13)];
      const { repeats } = await text(model, { backend: engine, tokens });
      const heads = [`1.*`];
      const { heads: panels } = await attention(model, { backend: engine, tokens, heads });
      for (const group of repeats!.groups) {
        const own = tokens.map((row) => findRepeats(row).filter((repeat) => isOf(group, repeat)));
        expect(group.repeats).toBe(own.flat().length);
        for (const { head } of panels) {
          const weights = panels
            .filter((panel) => panel.head === head)
            .flatMap((panel) =>
              own[panel.sequence]!.map(({ query, key }) => {
                const row = tokens[panel.sequence]!;
                const followed = row.flatMap((_, at) =>
                  at < query - 1 && at > 0 && row[at - 1] === row[query] ? [at] : [],
                );
                const keys = group.name === "every copy" ? followed : [key];
                return keys.reduce((sum, place) => sum + panel.weights[query]![place]!, 0);
              }),
            );
          const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
          expect(group.scores[1]![head]!, `${group.name} ${head}`).toBeCloseTo(mean, 5);
        }
      }
      expect(repeats!.intervals.flat().every((interval) => interval === null)).toBe(true);
      await model.close();
    },
  );

  test("the planted induction head looks at what followed, also in long rows that are cut up", async () => {
    const model = await openPlanted("induction");
    const block = Array.from({ length: 20 }, (_, index) => 10 + index);
    const result = await text(model, {
      backend: engine,
      tokens: [[0, ...Array.from({ length: 24 }, () => block).flat()]],
      pieceLength: 41,
    });
    expect(textResult.safeParse(result).error).toBeUndefined();
    const { repeats } = result;
    expect(repeats!.pieces).toBe(12);
    expect(result.input.length).toBe(41);
    const [best] = repeats!.top;
    expect(best).toMatchObject({ layer: 1, head: 2 });
    expect(best!.score).toBeGreaterThan(0.99);
    expect(best!.low!).toBeGreaterThan(0.99);
    expect(best!.random).toBeGreaterThan(0.99);
    expect(repeats!.groups[0]!.continues).toBe(1);
    expect(repeats!.groups[0]!.uniform).toBeLessThan(0.05);
  });

  test.skipIf(skip)(
    `a gap is the difference of log-probabilities, 0 between equal prompts, and heads change it${note}`,
    async () => {
      const model = await spelling(await openFolder(shared("goldens", "llama")!, "llama"));
      const prompts = ["abcab", "bcbad"] as const;
      const target = "cd";
      const tokenizer = (await model.tokenizer())!;
      const logProbability = async (prompt: string) => {
        const bos = tokenizer.bos.addToText ? [tokenizer.bos.id!] : [];
        const before = [...bos, ...tokenizer.encode(prompt)];
        const ids = [...before, ...tokenizer.encode(target)];
        let sum = 0;
        await runModel(model, {
          backend: engine,
          tokens: [ids],
          names: ["logits"],
          receive: (_, _first, { data, shape }) => {
            const width = shape[2]!;
            for (let at = before.length; at < ids.length; at++) {
              const logits = data.subarray((at - 1) * width, at * width);
              const all = Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0));
              sum += logits[ids[at]!]! - all;
            }
          },
        });
        return sum;
      };
      const result = await text(model, {
        backend: engine,
        pairs: [
          { prompts, target },
          { prompts: [prompts[0], prompts[0]], target },
        ],
        heads: ["0.1", "1.0"],
      });
      await model.close();
      expect(textResult.safeParse(result).error).toBeUndefined();
      const { list, heads } = result.pairs!;
      const [first, second] = list;
      const expected = (await logProbability(prompts[0])) - (await logProbability(prompts[1]));
      expect(first!.on).toBeCloseTo(expected, 3);
      expect(Math.abs(first!.off - first!.on)).toBeGreaterThan(1e-3);
      expect(second!.on).toBe(0);
      expect(second!.off).toBe(0);
      expect(heads).toEqual(["0.1", "1.0"]);
      expect(first!.controls.length).toBe(5);
      expect(result.warnings.join()).toContain("2 pairs are too few");
    },
  );

  test.each([
    ["nothing to look at", {}, /needs a text, tokens or pairs/],
    ["a text that repeats nothing", { tokens: [[1, 2, 3, 4, 5]] }, /repeats no token/],
    ["a text without tokenizer", { texts: ["a b a"] }, /needs a tokenizer/],
    [
      "pieces that are too short",
      { tokens: [[1, 2, 3, 1]], pieceLength: 4 },
      /`pieceLength` needs a whole number from 8 on, got 4/,
    ],
    ["no pairs", { pairs: [], heads: ["1.2"] }, /at least one pair/],
    ["heads that are not there", { pairs: [], heads: ["5.0"] }, /nearest: 1.0/],
  ])("refuses %s", async (_, options, message) => {
    await expect(
      text(await openPlanted("induction"), { backend: engine, ...options }),
    ).rejects.toThrow(message);
  });
});
