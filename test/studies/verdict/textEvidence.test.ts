import { describe, expect, test } from "vitest";
import { columnsOf } from "../../../src/draw/columns.ts";
import { toText } from "../../../src/report.ts";
import { random } from "../../../src/base/random.ts";
import type { LoadedModel } from "../../../src/models/loadedModel.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { verdictResult } from "../../../src/studies/verdict/result.ts";
import { verdict } from "../../../src/studies/verdict/verdict.ts";
import { verdictView } from "../../../src/studies/verdict/view.ts";
import { tokenizerOf } from "../../../src/text/tokenizer/tokenizer.ts";
import { oneEngine } from "../../interventions/engine.ts";

const backend = await oneEngine();
const FIRST = 0x4e00;

/** The planted model with a tokenizer that has a character for each token. */
function reading(model: LoadedModel): LoadedModel {
  const encoder = new TextEncoder();
  const tokenizer = tokenizerOf({
    description: "characters",
    vocabSize: model.architecture.vocabulary,
    specialTokens: [],
    bos: { id: 0, addToText: true, why: "it does" },
    encode: (text) => [...text].map((character) => character.codePointAt(0)! - FIRST),
    bytesOf: (id) => encoder.encode(String.fromCodePoint(FIRST + id)),
  });
  return { ...model, tokenizer: () => Promise.resolve(tokenizer) };
}

const asText = (ids: readonly number[]) => String.fromCodePoint(...ids.map((id) => FIRST + id));

/** Runs of ten tokens that come twice or not, so that a text goes on as before in some of its repeats. */
function textOfBlocks(length: number): string {
  const draw = random(4);
  const ids: number[] = [];
  while (ids.length < length) {
    const run = draw.distinct(10, 200).map((id) => id + 20);
    const noise = draw.distinct(6, 200).map((id) => id + 20);
    ids.push(...run, ...noise, ...run);
  }
  return asText(ids.slice(0, length));
}

const OPTIONS = { backend, quick: true, numExamples: 10 };

describe("verdict on a text", () => {
  test("finds a planted head that does on the text what it does on random tokens, and what it is worth there", async () => {
    const model = reading(await openPlanted("induction"));
    const result = await verdict(model, { ...OPTIONS, texts: [textOfBlocks(1900)] });
    expect(verdictResult.safeParse(result).error).toBeUndefined();
    const { heads, pieces, causalPieces, groups, repeats, continues } = result.text!;
    expect(pieces).toBe(12);
    expect(causalPieces).toBe(11); // the last one is shorter
    expect(repeats).toBeGreaterThan(200);
    expect(continues).toBeGreaterThan(0.4);
    expect(groups.at(-1)!.name).toBe("every copy");
    expect(heads).toMatchObject([{ layer: 1, head: 2, label: "induction", attends: "both" }]);
    const [{ continued, elsewhere, attention }] = heads as [(typeof heads)[number]];
    expect(attention.low!).toBeGreaterThan(0.5);
    expect(groups.at(-1)!.scores[0]).toBeCloseTo(attention.value, 9);
    expect(continued!.low!).toBeGreaterThan(1);
    expect(Math.abs(elsewhere!.value)).toBeLessThan(continued!.value / 2);
    expect(result.words.join(" ")).toMatch(/attend both here and on random tokens: 1\.2; /);
    expect(result.words.join(" ")).toMatch(/get worse without 1\.2 \(\d/);
    for (const line of (await toText(result)).split("\n"))
      expect(columnsOf(line), line).toBeLessThanOrEqual(80);
    const captions = verdictView(result).tables.map(({ caption }) => caption);
    expect(captions.some((caption) => caption.startsWith("On the text"))).toBe(true);
  });

  test("gives the same verdict as without a text, which it says nothing about", async () => {
    const model = reading(await openPlanted("induction"));
    const { text, words, ...bare } = await verdict(model, OPTIONS);
    expect(text).toBeUndefined();
    const both = await verdict(model, { ...OPTIONS, texts: [textOfBlocks(330)] });
    expect(both.heads).toEqual(bare.heads);
    expect(both.words.slice(0, words.length)).toEqual(words);
    expect(both.text!.heads[0]!.continued!.low).toBeNull(); // two whole pieces
    expect(both.words.at(-1)).toMatch(/^For none of these heads is it sure that .* without it\.$/);
  });

  test("refuses a text of a model without tokenizer, and one that repeats nothing", async () => {
    const model = await openPlanted("induction");
    await expect(verdict(model, { ...OPTIONS, texts: ["a"] })).rejects.toThrow(/needs a tokenizer/);
    const once = asText(Array.from({ length: 40 }, (_, id) => id + 20));
    await expect(verdict(reading(model), { ...OPTIONS, texts: [once] })).rejects.toThrow(
      /repeats no token/,
    );
  });
});
