import { describe, expect, test } from "vitest";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { lens } from "../../../src/studies/lens/lens.ts";
import { lensResult } from "../../../src/studies/lens/result.ts";
import { lensView } from "../../../src/studies/lens/view.ts";
import { runWithCache } from "../../../src/studies/run/runWithCache.ts";
import { softmax } from "../../../src/measure/softmax.ts";
import { characterTokenizer } from "../../../src/text/tokenizer/characterTokenizer.ts";
import { oneEngine } from "../../interventions/engine.ts";

const engine = await oneEngine();
const ALPHABET = [..."abcdefghijklmnopqrstuvwxyz"];
const OFF = { backend: engine, bos: "off" } as const;

/** The planted induction model, which reads letters: after the second x it says what followed the first. */
async function reader() {
  const model = await openPlanted("induction");
  const { vocabulary } = model.architecture;
  const rest = Array.from({ length: vocabulary - ALPHABET.length }, (_, at) =>
    String.fromCodePoint(0x4e00 + at),
  );
  return { ...model, tokenizer: () => Promise.resolve(characterTokenizer([...ALPHABET, ...rest])) };
}

/** What a plain run gives each letter after each position of `text`, [position][letter]. */
async function predictions(text: string): Promise<number[][]> {
  const { logits } = await runWithCache(await reader(), text, OFF);
  const vocabulary = logits!.shape.at(-1)!;
  return [...text].map((_, position) => [
    ...softmax(logits!.data.subarray(position * vocabulary, (position + 1) * vocabulary)),
  ]);
}

describe("lens of texts", () => {
  test("reads the last position with the answer as its target, as a plain run predicts it", async () => {
    const texts = [{ text: "qxbtwsax", answer: "b" }];
    const result = await lens(await reader(), { ...OFF, texts });
    expect(lensResult.safeParse(result).error).toBeUndefined();
    expect(result).toMatchObject({ texts, positions: [7], pieces: [..."qxbtwsax"] });
    const expected = (await predictions("qxbtwsax"))[7]![ALPHABET.indexOf("b")]!;
    expect(result.layers.at(-1)!.probability).toBeCloseTo(expected, 5);
    const { lines, sentences } = lensView(result);
    expect(lines).toContain("text: qxbtwsax → b");
    expect(sentences![0]).toMatch(/^The target is the most likely token from the stream "/);
  });

  test("without answers the targets are the text's own next tokens, and several texts are averaged", async () => {
    const both = ["qxbtwsax", "lemonpye"];
    const result = await lens(await reader(), { ...OFF, texts: both.map((text) => ({ text })) });
    expect(result.positions).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const each = await Promise.all(
      both.map(async (text) => {
        const all = await predictions(text);
        return [...text].slice(1).map((letter, at) => all[at]![ALPHABET.indexOf(letter)]!);
      }),
    );
    const values = each.flat();
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(result.layers.at(-1)!.probability).toBeCloseTo(mean, 5);
    const averaged = await lens(await reader(), {
      ...OFF,
      texts: [{ text: both[0]! }],
      positions: [2],
    });
    expect(averaged.layers.at(-1)!.probability).toBeCloseTo(each[0]![2]!, 5);
  });

  test.each([
    [[{ text: "abc" }, { text: "ab" }], /as many tokens each.*the first has 3, text 1 has 2/],
    [[{ text: "abc", answer: "d" }, { text: "abd" }], /each with an answer or none with one/],
    [[{ text: "a" }], /a text needs 2 tokens or more, got 1/],
    [
      [{ text: "abc", answer: "de" }],
      /the one token that follows the text.*"de" of text 0 gives 2/,
    ],
    [[], /needs texts/],
  ])("refuses %j", async (texts, message) => {
    await expect(lens(await reader(), { ...OFF, texts })).rejects.toThrow(message);
  });

  test("refuses positions without a target, and more logits than memory should hold before it runs", async () => {
    const texts = [{ text: "qxbtwsax", answer: "b" }];
    await expect(lens(await reader(), { ...OFF, texts, positions: [3] })).rejects.toThrow(
      "positions of the text that have a target, 7 to 7, got 3",
    );
    const model = await reader();
    const wide = { ...model, architecture: { ...model.architecture, vocabulary: 1e8 } };
    await expect(lens(wide, { ...OFF, texts: [{ text: "qxbtwsax" }] })).rejects.toThrow(
      /logits of 7 positions take 2\.8 GB; choose at most 5 of them/,
    );
  });
});
