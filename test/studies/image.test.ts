import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { replace, replacementInputs } from "../../src/graph/edits/replace.ts";
import { tensor, type Tensor, type TensorData } from "../../src/base/tensor.ts";
import { noise } from "../../src/inputs/noise.ts";
import { openFolder } from "../../src/models/folder.ts";
import { openPlanted } from "../../src/models/planted/planted.ts";
import type { LoadedModel } from "../../src/models/loadedModel.ts";
import { canRun } from "../../src/studies/common/canRun.ts";
import { image } from "../../src/studies/image/image.ts";
import { imageResult, type ImageResult } from "../../src/studies/image/result.ts";
import { imageView } from "../../src/studies/image/view.ts";
import { runWithCache } from "../../src/studies/run/runWithCache.ts";
import { widthOf } from "../../src/draw/wrap.ts";
import { picturesOf } from "../../src/draw/pictures.ts";
import { THEMES } from "../../src/draw/theme.ts";
import { oneEngine } from "../interventions/engine.ts";

const PIXELS = ["batch", "channel", "row", "column"];
const [source, other] = [1, 2].map((seed) => noise(PIXELS, [1, 3, 16, 16], seed)) as [
  Tensor,
  Tensor,
];
const [FIRST, TEXT] = [1, 17];

describe("image(model) on a tiny LLaVA", () => {
  let model: LoadedModel;
  let result: ImageResult;
  const ids = [1, 3, 39, 53, 58, 27, 47];

  beforeAll(async () => {
    model = await openFolder(join(import.meta.dirname, "../fixtures/beyond/llava"), "llava");
    const backend = await oneEngine();
    const images = { image: source, otherImage: other };
    result = await image(model, { backend, ...images, text: ids, numExamples: 12, seqLen: 16 });
  });

  const logitsOf = async (pixels: Tensor, more: Parameters<typeof runWithCache>[2] = {}) => {
    const tokens = [result.answer.tokens];
    const run = await runWithCache(
      model,
      { tokens, pixels },
      { backend: await oneEngine(), names: "blocks.*.attn.hook_*", ...more },
    );
    const size = run.logits!.shape[2]!;
    return { cache: run.cache, last: run.logits!.data.slice(-size) };
  };
  const metric = (last: Float32Array) =>
    last[result.answer.answer.id]! - last[result.answer.foil!.id]!;
  /** The metric with one head's value replaced where `on` says. */
  const changed = async (
    pixels: Tensor,
    [name, by, on, value]: readonly [string, readonly string[], Uint8Array, Tensor],
  ) => {
    const inputs = replacementInputs(name);
    const shape = by.map((axis) => value.shape[value.axes.indexOf(axis)]!);
    const feeds = new Map<string, Tensor<TensorData>>([
      [inputs.on, tensor(by, shape, on)],
      [inputs.replacement, value],
    ]);
    const edits = [(program: LoadedModel["program"]) => replace(program, name, { by })];
    return metric((await logitsOf(pixels, { edits, feeds })).last);
  };

  test("puts a place for each patch into the text, after BOS", () => {
    const places = new Array<number>(16).fill(3);
    expect(result.answer.tokens).toEqual([1, ...places, 39, 53, 58, 27, 47]);
    expect(result.image).toMatchObject({ vectors: 16, side: 4, before: 0, first: FIRST });
    expect(imageResult.parse(result)).toEqual(result);
  });

  test("reads the answer and its foil at the end of the row", async () => {
    const [clean, exchanged] = [await logitsOf(source), await logitsOf(other)];
    const best = (values: Float32Array) => values.indexOf(Math.max(...values));
    const { answer, foil, clean: high, other: low } = result.answer;
    expect([answer.id, foil!.id]).toEqual([best(clean.last), best(exchanged.last)]);
    expect(high).toBeCloseTo(metric(clean.last), 4);
    expect(low).toBeCloseTo(metric(exchanged.last), 4);
  });

  test("shares attention from the text among image, text and BOS as patterns have it", async () => {
    const pattern = (await logitsOf(source)).cache.get("blocks.1.attn.hook_pattern");
    const length = result.answer.tokens.length;
    for (let head = 0; head < 4; head++) {
      const sums = [0, 0, 0];
      for (let query = TEXT; query < length; query++)
        for (let key = 0; key < length; key++) {
          const group = key === 0 ? 2 : key < TEXT ? 0 : 1;
          const entry = (head * length + query) * length + key;
          sums[group]! += pattern.data[entry]! / (length - TEXT);
        }
      const shares = result.shares.map(({ values }) => values[1]![head]!);
      shares.forEach((value, group) => expect(value).toBeCloseTo(sums[group]!, 5));
      expect(shares.reduce((total, share) => total + share)).toBeCloseTo(1, 5);
    }
  });

  test("cuts, harms and restores as the same changes made by hand", async () => {
    const [clean, exchanged] = [await logitsOf(source), await logitsOf(other)];
    const { clean: high, other: low, cut, harm, restored } = result.answer;
    const length = result.answer.tokens.length;
    for (const [layer, head] of [
      [0, 3],
      [1, 1],
    ] as const) {
      const z = `blocks.${layer}.attn.hook_z`;
      const at = Uint8Array.from({ length: length * 4 }, (_, entry) =>
        Number(entry % 4 === head && entry >= TEXT * 4),
      );
      const by = ["batch", "position", "head"];
      const harmed = await changed(source, [z, by, at, exchanged.cache.get(z)]);
      expect(harm[layer]![head]).toBeCloseTo(high - harmed, 4);
      const back = await changed(other, [z, by, at, clean.cache.get(z)]);
      expect(restored[layer]![head]).toBeCloseTo(back - low, 4);
      const name = `blocks.${layer}.attn.hook_pattern`;
      const pattern = clean.cache.get(name);
      const hides = Uint8Array.from({ length: pattern.data.length }, (_, entry) => {
        const [key, row] = [entry % length, Math.floor(entry / length)];
        const isHere = Math.floor(row / length) === head && row % length >= TEXT;
        return Number(isHere && key >= FIRST && key < TEXT);
      });
      const zeros = tensor(pattern.axes, pattern.shape, new Float32Array(pattern.data.length));
      const blind = await changed(source, [name, [...pattern.axes], hides, zeros]);
      expect(cut[layer]![head]).toBeCloseTo(high - blind, 4);
    }
  });

  test("says of random weights that no head does induction, near what uniform attention scores", () => {
    expect(result.verdictInWords.match(/no head, the best is/g)).toHaveLength(2);
    for (const { values, uniform } of result.induction)
      for (const value of values.flat()) expect(value).toBeLessThan(uniform + 0.15);
  });

  test("finds nothing to carry where both images are the same", async () => {
    const same = { image: source, otherImage: source, text: ids, numExamples: 2, seqLen: 8 };
    const { answer, verdictInWords } = await image(model, { backend: await oneEngine(), ...same });
    expect(answer.metric).toBe("log-probability");
    expect(answer.clean).toBe(answer.other);
    for (const value of [...answer.harm, ...answer.restored].flat())
      expect(value).toBeCloseTo(0, 5);
    expect(verdictInWords).toContain("it does not come from the image");
  });

  test("draws the image with the attention of each listed head over its patches", async () => {
    const { Window } = await import("happy-dom");
    const document = new Window().document as unknown as Document;
    const [first] = picturesOf(imageView(result));
    const svg = (await first!.draw())(document, THEMES.light).outerHTML;
    expect(svg.match(/<image /g)).toHaveLength(1 + result.top.length);
    expect(svg).toContain("data:image/png;base64,iVBOR");
    const names = [...svg.matchAll(/<text [^>]*font-size="11.5"[^>]*>(head [^<]*)</g)];
    expect(names).toHaveLength(result.top.length);
    for (const [, name] of names) expect(11.5 * widthOf(name!)).toBeLessThan(224); // as wide as the image below
  });

  test.each([
    [{ text: [1, 3, 3, 39] }, /once or 16 times, or not at all, got it 2 times/],
    [{ text: [1, 3] }, /needs tokens after the image, got none/],
    [{ text: new Array<number>(60).fill(9) }, /64 positions, and the text with its image takes 76/],
    [{ text: "a cat" }, /needs a tokenizer/],
    [{ answer: 500 }, /ids of answer need whole ids from 0 to 60, got 500/],
    [{ image: noise(PIXELS, [1, 3, 8, 8], 0) }, /has 1 x 3 x 16 x 16 numbers, got 1 x 3 x 8 x 8/],
    [{ topHeads: 0 }, /`topHeads` needs a whole number from 1 on/],
  ])("refuses %j in a sentence", async (options, words) => {
    await expect(image(model, { backend: await oneEngine(), ...options })).rejects.toThrow(words);
  });
});

test("a model that sees no images is refused", async () => {
  const model = await openPlanted("induction");
  expect(canRun("image", model)).toContain("writes no text about images");
  await expect(image(model)).rejects.toThrow("image cannot run: this model writes no text");
});

test("image(model) on a tiny Gemma 3 stands between the ids around it, and answers as a run by hand", async () => {
  const model = await openFolder(join(import.meta.dirname, "../fixtures/beyond/gemma3"), "gemma3");
  const backend = await oneEngine();
  const result = await image(model, {
    ...{
      backend,
      image: source,
      otherImage: other,
      text: [2, 3, 39, 53, 27],
      answer: 10,
      foil: 12,
    },
    ...{ numExamples: 10, seqLen: 12 },
  });
  expect(imageResult.parse(result)).toEqual(result);
  const { tokens, clean, harm } = result.answer;
  const places = new Array<number>(16).fill(3);
  expect(result.induction[1]!.uniform).toBeCloseTo(1 / 18, 6); // BOS, the id before the image, and all of it
  expect(result.warnings.join()).toContain("1 of 2 layers see less");
  expect(tokens).toEqual([2, 4, ...places, 2, 39, 53, 27]);
  expect(result.image).toMatchObject({ vectors: 16, side: 4, before: 0, first: 2 });
  const run = await runWithCache(model, { tokens: [tokens], pixels: source }, { backend });
  const last = run.logits!.data.slice(-run.logits!.shape[2]!);
  await model.close();
  expect(clean).toBeCloseTo(last[10]! - last[12]!, 4);
  expect(Math.max(...harm.flat().map(Math.abs))).toBeGreaterThan(0);
});
