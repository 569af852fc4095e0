/**
 * @file Probes in whole models whose heads were put in by hand: the ideal head has 1 or its closed form, impostors have 0, even attention
 * its closed form. Beside `probes.test.ts`, which has rows and patterns alone.
 */
import { afterAll, describe, expect, test } from "vitest";
import { readTensor } from "../../../src/formats/readTensor.ts";
import { checkpointInMemory } from "../../../src/models/checkpointInMemory.ts";
import type { LoadedModel } from "../../../src/models/loadedModel.ts";
import { plantedCheckpoint, type PlantedHead } from "../../../src/models/planted/circuit.ts";
import { behaviours } from "../../../src/studies/behaviours/behaviours.ts";
import { CONCEPTS } from "../../../src/studies/behaviours/concepts.ts";
import { ORDINALS } from "../../../src/studies/behaviours/ordinals.ts";
import { tokenizerOf, type Tokenizer } from "../../../src/text/tokenizer/tokenizer.ts";
import { changedModel } from "../changedModel.ts";
import { oneEngine } from "../../interventions/engine.ts";

const WIDTH = 64;
const SIZES = { vocabulary: 256, contextLength: 160, width: WIDTH, heads: 4, layers: 3, seed: 1 };
const WRITES_TOKEN = { from: "token", to: "prediction" } as const;
const EVEN = { query: "token", key: "token", sharpness: 0 } as const;
const HEADS: readonly PlantedHead[] = [
  { layer: 0, head: 1, query: "token", key: "token", sharpness: 18, avoidSelf: 18, rest: 8 },
  { layer: 0, head: 2, ...EVEN, rest: 12 },
  {
    ...{ layer: 0, head: 3, query: "position", key: "position", sharpness: 30, shift: 1 },
    copies: { from: "token", to: "previous", strength: 1 },
  },
  // Their maps from token to prediction are changed for the successor test; attention is even, so they say little here.
  { layer: 1, head: 0, ...EVEN, rest: 12, copies: { ...WRITES_TOKEN, strength: 1 } },
  { layer: 1, head: 1, ...EVEN, rest: 12, copies: { ...WRITES_TOKEN, strength: 1 } },
  {
    ...{ layer: 1, head: 2, query: "token", key: "previous", sharpness: 18, rest: 8 },
    copies: { ...WRITES_TOKEN, strength: 20 },
  },
  { layer: 1, head: 3, ...EVEN, rest: 12, copies: { ...WRITES_TOKEN, strength: 1 } },
  {
    ...{ layer: 2, head: 0, query: "prediction", key: "token", sharpness: 1, rest: 8 },
    copies: { ...WRITES_TOKEN, strength: -1 },
  },
  { layer: 2, head: 1, ...EVEN, copies: { ...WRITES_TOKEN, strength: -1 } },
  { layer: 2, head: 2, query: "prediction", key: "token", sharpness: 1, rest: 8 },
  { layer: 2, head: 3, ...EVEN, rest: 12, copies: { ...WRITES_TOKEN, strength: -1 } },
];

const LISTED = ORDINALS.flatMap(({ items }) => items.map((item) => ` ${item}`));
const CONCEPT_WORDS = CONCEPTS.slice(0, 20);
const [CONCEPT_FROM, WORD_FROM] = [100, 160];
const LEAD = [150, 151];
const STOP = 152;
const letters = (id: number) => String.fromCharCode(97 + (id % 26), 97 + Math.floor(id / 26));

/** Words of the lists, twenty concepts of two tokens each, and two-letter words; ` is` is no token, so that questions end in the name. */
const tokenizer: Tokenizer = tokenizerOf({
  description: "words of a test",
  vocabSize: SIZES.vocabulary,
  specialTokens: [],
  bos: { id: 0, addToText: true, why: "a test" },
  encode: (text) => {
    if (text === " The password of the") return LEAD;
    if (text === " is") return [];
    if (text === ".") return [STOP];
    return (text.match(/ ?\p{L}+|\./gu) ?? []).flatMap((word) => {
      const concept = CONCEPT_WORDS.indexOf(word.trim());
      if (concept >= 0) return [CONCEPT_FROM + 2 * concept, CONCEPT_FROM + 2 * concept + 1];
      const id = pieces.indexOf(word);
      return [id < 0 ? STOP : id];
    });
  },
  bytesOf: (id) => new TextEncoder().encode(pieces[id] ?? ""),
});
const pieces = Array.from({ length: SIZES.vocabulary }, (_, id) => {
  if (id === 0) return "<bos>";
  if (id === STOP) return ".";
  return LISTED[id - 1] ?? (id < WORD_FROM ? `#${id}` : ` x${letters(id)}`);
});

const backend = await oneEngine();
const planted = checkpointInMemory(plantedCheckpoint(SIZES, HEADS), { id: "planted", sha256: "0" });
const model: LoadedModel = { ...(await planted), tokenizer: () => Promise.resolve(tokenizer) };
afterAll(() => model.close());

/** Directions of tokens, unit vectors. */
const directions = await (async () => {
  const embed = model.program.weights.find(({ name }) => name === "embed.W_E")!;
  const values = await readTensor(embed.stored);
  const width = values.length / SIZES.vocabulary;
  return Array.from({ length: SIZES.vocabulary }, (_, id) =>
    values.slice(id * width, id * width + WIDTH),
  );
})();
const product = (a: Float32Array, b: Float32Array) =>
  a.reduce((sum, value, entry) => sum + value * b[entry]!, 0);

async function measuredOf(own: LoadedModel, name: string, texts?: readonly string[]) {
  const result = await behaviours(own, { backend, only: [name], texts, numExamples: 10 });
  expect(result.skipped).toEqual([]);
  return result.behaviours[0]!;
}

describe("retrieval in a model", () => {
  test("is 1 for the head that finds the needle, and 0 for impostors and even attention", async () => {
    const { scores, controls, heads } = await measuredOf(model, "retrieval");
    expect(scores[1]![2]).toBe(1);
    expect(controls![1]![2]).toBe(0);
    for (const [layer, head] of [
      [0, 1],
      [0, 2],
      [0, 3],
      [1, 1],
      [2, 1],
      [2, 3],
    ] as const)
      expect(scores[layer]![head]).toBe(0);
    // The last two look where the token stands that is predicted: by its definition they retrieve as well, whatever they write.
    expect(heads.map(({ layer, head }) => [layer, head])).toEqual([
      [1, 2],
      [2, 0],
      [2, 2],
    ]);
  });
});

describe("copy suppression in a model", () => {
  const BLOCK = 40;
  const FIRST = 8;
  const ids = Array.from({ length: BLOCK }, (_, at) => WORD_FROM + ((7 * at) % 90));
  const text = [...ids, ...ids].map((id) => pieces[id]).join("");
  /** The logit that a token's own direction adds to it, less the mean over the vocabulary. */
  const centred = (id: number) =>
    product(directions[id]!, directions[id]!) -
    directions.reduce((sum, other) => sum + product(directions[id]!, other), 0) / SIZES.vocabulary;
  const own = ids.reduce((sum, id) => sum + centred(id), 0) / BLOCK;
  const positions = 2 * BLOCK + 1 - FIRST;

  test("is a logit for each predicted token of the head that lowers it, and 0 for impostors", async () => {
    const { scores } = await measuredOf(model, "copySuppression", [text]);
    expect(scores[2]![0]! / ((BLOCK / positions) * own)).toBeCloseTo(1, 1);
    // Looks there and writes nothing, rests, looks elsewhere, copies.
    for (const [layer, head] of [
      [2, 2],
      [2, 3],
      [0, 1],
      [0, 2],
      [0, 3],
      [1, 1],
    ] as const)
      expect(Math.abs(scores[layer]![head]!)).toBeLessThan(0.02);
    expect(scores[1]![2]!).toBeLessThan(0);
  });

  test("is the mean of 1 / (d + 1) for even attention that lowers what it sees", async () => {
    const { scores } = await measuredOf(model, "copySuppression", [text]);
    const even = Array.from({ length: positions }, (_, at) => 1 / (FIRST + at + 1));
    const expected = (even.reduce((sum, value) => sum + value, 0) / positions) * own;
    expect(scores[2]![1]! / expected).toBeCloseTo(1, 1);
  });

  test("leaves out pieces of text in which no word comes before, and says so where there is no other", async () => {
    const none = Array.from({ length: 30 }, () => pieces[STOP]).join("");
    const { skipped } = await behaviours(model, {
      backend,
      only: ["copySuppression"],
      texts: [none],
    });
    expect(skipped[0]!.why).toMatch(/no piece of the text has an earlier word/);
    const both = await behaviours(model, {
      ...{ backend, only: ["copySuppression"], texts: [text, none.padEnd(81, ".")] },
    });
    const alone = await measuredOf(model, "copySuppression", [text]);
    expect(both.scenes[0]!.examples).toBe(1);
    expect(both.behaviours[0]!.scores).toEqual(alone.scores);
  });
});

describe("successor in a model", () => {
  /** Head 1.1 writes the next of a list, 1.0 the one before; 1.3 copies. */
  const withMaps = () => {
    const items = ORDINALS.flatMap(({ items: list }) =>
      list.map((item, at) => ({
        token: pieces.indexOf(` ${item}`),
        next: pieces.indexOf(` ${list[(at + 1) % list.length]}`),
        before: pieces.indexOf(` ${list[(at + list.length - 1) % list.length]}`),
      })),
    );
    return changedModel(model, "maps", (name, values, shape) => {
      if (name !== "blocks.1.attn.W_O") return null;
      const [, size, width] = shape as readonly [number, number, number];
      for (const [head, to] of [
        [1, "next"],
        [0, "before"],
      ] as const)
        for (let from = 0; from < WIDTH; from++)
          for (let into = 0; into < WIDTH; into++)
            values[(head * size + from) * width + 3 * WIDTH + into] = items.reduce(
              (sum, item) => sum + directions[item.token]![from]! * directions[item[to]]![into]!,
              0,
            );
      return values;
    });
  };

  test("is 1 for a head that writes the next of the list, and 0 for one that writes the one before or copies", async () => {
    const { scores, controls, uniform } = await measuredOf(await withMaps(), "successor");
    expect(scores[1]![1]).toBeGreaterThan(0.97);
    expect(controls![1]![1]).toBeLessThan(0.03);
    expect([scores[1]![0]! < 0.03, controls![1]![0]! > 0.97]).toEqual([true, true]);
    expect([scores[1]![2], scores[1]![3], controls![1]![3]]).toEqual([0, 0, 0]);
    expect(uniform).toBeLessThan(0.15); // chance
  });
});
