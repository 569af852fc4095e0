import { describe, expect, test } from "vitest";
import { random } from "../../../src/base/random.ts";
import { plantedModel } from "../../../src/bench/population/plantedModel.ts";
import { openModel } from "../../../src/models/open.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { modelInMemory } from "../../../src/models/inMemory.ts";
import type { LoadedModel } from "../../../src/models/loadedModel.ts";
import { roundedDown, roundedUp } from "../../../src/measure/certificate/safeRounding.ts";
import { certify } from "../../../src/studies/certify/certify.ts";
import type { CertifyOptions } from "../../../src/studies/certify/plan.ts";
import { certifyResult } from "../../../src/studies/certify/result.ts";
import { modelOf, weightShapes } from "../../../src/training/freshModel.ts";
import type { ModelShape } from "../../../src/training/modelShape.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { loadedPlanted } from "../verdict/loadedPlanted.ts";

const backend = await oneEngine();
const SMALL = { backend, alphabet: 6, seqLen: 6, numExamples: 200, rounds: 20 };

const BARE = { vocabulary: 8, contextLength: 12, layers: 2, heads: 2, dModel: 12 };

const CIRCUIT = [
  ["feeder", "noise"],
  ["induction", "noise"],
] as const;

/** Every weight at random, biases and norms too. */
function randomModel(shape: ModelShape, size: number, seed: number): LoadedModel {
  const draw = random(seed);
  const weights = new Map(
    [...weightShapes(shape)].map(([name, sizes]) => {
      const count = sizes.reduce((product, each) => product * each, 1);
      const gain = /(ln1|ln_final)\.w$/.test(name) ? 1 : 0;
      return [name, Float32Array.from({ length: count }, () => gain + size * draw.normal())];
    }),
  );
  return modelInMemory(modelOf(shape, weights), { id: "random" });
}

const SHAPES = (["learned", "shortformer", "rotary"] as const).flatMap((positions) =>
  (["LN", "RMS", null] as const).map((norm) => [{ ...BARE, positions, norm }] as const),
);

describe("certify(model)", () => {
  test("proves over .9 of the planted head, and predicts every token", async () => {
    const result = await certify(await openPlanted("induction"), SMALL);
    expect(certifyResult.safeParse(result).success).toBe(true);
    const [head] = result.heads;
    expect(head).toMatchObject({ layer: 1, head: 2, certified: true });
    expect(head!.least).toBeGreaterThan(0.99);
    expect(head!.least).toBeLessThanOrEqual(head!.found.least + 1e-4);
    expect(result.before[3]!.least).toBeGreaterThan(0.99);
    expect(result.accuracy).toEqual({ proved: 1, found: 1 });
    expect(result.family).toEqual({
      ...{ tokens: 6, period: 3, bos: true, positions: 7, sequences: 120 },
    });
    expect(result.words[0]).toMatch(/^Proved: on all 120 sequences of 3 different tokens out of 6/);
  }, 120_000);

  test.each([
    ["no norm, attention only", 702, 0.999],
    ["LN, attention only", 702, 0.999],
    ["LN, shortformer", 705, 0.999],
    ["LN, shortformer", 703, 0.2],
  ])("proves of a planted head in %s, seed %i, at least %f", async (architecture, seed, proved) => {
    const model = loadedPlanted(plantedModel(seed, { kinds: CIRCUIT, architecture }), seed);
    const { heads, accuracy } = await certify(model, { ...SMALL, heads: ["1.0"] });
    const [{ least, found: search, certified } = heads[0]!] = heads;
    expect(certified).toBe(true);
    expect(least).toBeGreaterThan(proved);
    expect(least).toBeLessThanOrEqual(search.least + 1e-5);
    expect(least).toBeGreaterThan(0.4 * search.least);
    if (proved > 0.9) expect(accuracy).toEqual({ proved: 1, found: 1 });
  });

  test("gives a model whose circuit is cut no certificate", async () => {
    const kinds = [["noise", "noise"], CIRCUIT[1]] as const;
    const architecture = "no norm, attention only";
    const model = loadedPlanted(plantedModel(702, { kinds, architecture }), 702);
    const { heads, accuracy, words } = await certify(model, { ...SMALL, heads: ["1.*"] });
    expect(heads.map(({ certified }) => certified)).toEqual([false, false]);
    expect(accuracy.proved).toBeLessThan(1);
    expect(words[0]).toMatch(/^No certificate for 1\.0/);
  }, 120_000);

  test.each(SHAPES)("is below every sequence of a random model, %j", async (shape) => {
    for (const [size, seed] of [
      [0.15, 1],
      [0.5, 2],
      [1.5, 3],
    ] as const) {
      const model = randomModel(shape, size, seed);
      const options = { backend, alphabet: 4, seqLen: 6, numExamples: 400, rounds: 5 };
      const { heads, accuracy } = await certify(model, { ...options, heads: ["1.*"] });
      for (const { least, mean, found: search } of heads) {
        expect(least).toBeLessThanOrEqual(search.least + 1e-6);
        expect(mean).toBeLessThanOrEqual(search.mean + 0.01);
        expect(mean).toBeGreaterThanOrEqual(least);
        if (size < 0.2 && shape.norm === null) expect(least).toBeGreaterThan(0.3 * search.least);
      }
      expect(accuracy.proved).toBeLessThanOrEqual(accuracy.found + 0.05);
    }
  });

  test("says of a trained model what is lost where", async () => {
    const model = await openModel("zoo:attn-2l");
    const { heads, words, before } = await certify(model, { ...SMALL, heads: ["1.1"] });
    expect(heads[0]!.certified).toBe(false);
    expect(heads[0]!.without.all).toBeGreaterThan(heads[0]!.least);
    expect(before[0]!.least).toBeGreaterThan(0.5);
    expect(words[0]).toMatch(/^No certificate for 1\.1: .* Most is lost by the rest/);
  }, 120_000);

  test(
    "asks before every batch of sequences whether it was aborted",
    { tags: ["slow"] },
    async () => {
      let looks = 0;
      const signal = Object.defineProperty(new AbortController().signal, "aborted", {
        get: () => (looks++, false),
      });
      const options = { ...SMALL, numExamples: 3200, rounds: 50, signal };
      await certify(await openPlanted("induction"), { ...options, heads: ["1.2"] });
      expect(looks).toBeGreaterThan(3200 / 32 + 50);
    },
  );

  test.each([
    ["planted:induction", {}, "range", /up to 64 tokens and this model has 255.*`alphabet`/],
    ["planted:induction", { alphabet: 65 }, "range", /from 2 to 64, got 65/],
    ["planted:induction", { alphabet: 4, seqLen: 10 }, "range", /5 different tokens .* from 4/],
    ["planted:induction", { alphabet: 64, seqLen: 64 }, "range", /up to 64 tokens, got 65/],
    [
      "planted:induction",
      { alphabet: 6, heads: ["0.3"] },
      "unknown-head",
      /second layer.*got 0\.3/,
    ],
    ["planted:induction", { alphabet: 6, heads: [] }, "range", /at least one head, got none/],
    ["planted:induction", { alphabet: 6, rounds: -1 }, "range", /from 0 on, got -1/],
    ["planted:induction", { alphabets: 6 }, "options", /no option `alphabets`.*`alphabet`/],
    ["zoo:attn-1l", {}, "study", /two layers of attention alone .* has 1/],
    ["zoo:llama-gqa", {}, "study", /two layers of attention alone .* has MLPs/],
  ] as const)("refuses %s with %j", async (name, options, code, message) => {
    const model = await openModel(name);
    const certifying = certify(model, { backend, ...(options as CertifyOptions) });
    await expect(certifying).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    await model.close();
  });
});

test("shows no bound above what is proved, and no case below what was found", () => {
  const beside = [0.0036999999999999997, 0.0009000000000000001]; // next to four decimals, which their product with 10,000 is
  for (const value of [0.99975, 0.9998, 0.12345, -0.00001, 0, ...beside]) {
    expect(roundedDown(value)).toBeLessThanOrEqual(value);
    expect(roundedUp(value)).toBeGreaterThanOrEqual(value);
    expect(roundedUp(value) - roundedDown(value)).toBeLessThan(1.01e-4);
  }
  expect([roundedDown(0.99979), roundedUp(0.99971)]).toEqual([0.9997, 0.9998]);
});
