import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openFolder } from "../../../src/models/folder.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { ablateStacks } from "../../../src/studies/stacks/ablateStacks.ts";
import { scoreStacks } from "../../../src/studies/stacks/scoreStacks.ts";
import { asCommand } from "./asCommand.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { shared, unlessShared } from "../../shared.ts";

const backend = await oneEngine();
const options = { backend, numExamples: 10, seqLen: 24 };

describe("what heads do for the copy of a T5 that copies by content", async () => {
  const model = await openPlanted("t5");
  const { parts, loss, top, verdictInWords } = await ablateStacks(model, {
    ...options,
    kind: "zero",
  });
  const of = (name: string) => parts.find(({ part }) => part.startsWith(name))!;

  test("without its cross head nothing is known: the loss is ln(vocabulary)", () => {
    const [harm] = of("cross").harm;
    expect(loss.copied.mean + harm![0]!).toBeCloseTo(Math.log(98), 4);
    expect(harm![1]).toBeCloseTo(0, 5);
    expect(top[0]).toMatchObject({ part: 2, layer: 0, head: 0 });
    expect(verdictInWords).toContain("The copy needs cross-attention 0.0 the most");
  });

  test("its cross head alone restores the whole copy beside an encoder that reads others", () => {
    expect(of("cross").restored[0]![0]).toBeCloseTo(loss.gain.mean, 4);
    expect(of("cross").restored[0]![1]).toBeCloseTo(0, 5);
  });

  test("heads that write nothing harm nothing, and the head that shifts by one is needed", () => {
    expect(of("encoder").harm[0]![0]).toBeGreaterThan(2);
    for (const idle of [...of("encoder").harm[1]!, ...of("decoder").harm[0]!])
      expect(idle).toBeCloseTo(0, 5);
  });

  test("the losses are those of the scores", async () => {
    const scored = await scoreStacks(model, options);
    expect(scored.loss!.copied.mean).toBeCloseTo(loss.copied.mean, 5);
    expect(scored.loss!.gain.mean).toBeCloseTo(loss.gain.mean, 5);
  });

  test("the mean of a head over the rows is between what it gives and nothing", async () => {
    const { parts: means } = await ablateStacks(model, options);
    const harm = means[2]!.harm[0]![0]!;
    expect(harm).toBeGreaterThan(1);
    expect(harm).toBeLessThan(of("cross").harm[0]![0]!);
  });

  test("options that are for decoders are refused", async () => {
    await expect(asCommand("ablate", model, { backend, sets: [["0.0"]] })).rejects.toThrow(
      "`sets` needs a decoder, and this model sees both directions or has several stacks",
    );
    await expect(asCommand("ablate", model, { backend, kind: "resample" })).rejects.toThrow(
      "`kind` is mean or zero where a model is not a decoder, got resample",
    );
    const decoder = await openPlanted("induction");
    await expect(ablateStacks(decoder, options)).rejects.toThrow(
      "ablateStacks cannot run: this model is a decoder",
    );
  });
});

const { note, skip } = unlessShared("goldens");
describe.skipIf(skip)(`a random BART${note}`, () => {
  test("copies nothing, and says that no head has much to do with it", async () => {
    const model = await openFolder(shared("goldens", "bart")!, "bart");
    const { verdictInWords, parts } = await ablateStacks(model, options);
    expect(verdictInWords).toContain("The model does not copy what its encoder reads");
    expect(parts.map(({ part }) => part)).toEqual([
      "encoder attention",
      "decoder attention to what is before",
      "cross-attention",
    ]);
    await model.close();
  });
});

describe("what heads of encoders and towers are asked", () => {
  const FIXTURES = join(import.meta.dirname, "../../fixtures/beyond");
  const fourRows = { backend, numExamples: 4 };
  const open = (name: string) => openFolder(join(FIXTURES, name), name);

  test("a model that tells classes: the class that it says, of the image itself", async () => {
    const model = await open("vit-classes");
    const { task, loss, parts, rows } = await ablateStacks(model, fourRows);
    await model.close();
    expect([task, parts.length, parts[0]!.stack]).toEqual(["class", 1, ""]);
    expect(loss.copied.mean).toBeLessThanOrEqual(Math.log(5)); // the class that it says is likeliest
    expect(loss.gain.mean).toBeGreaterThan(-1e-6);
    expect(parts[0]!.harm.flat().every(Number.isFinite)).toBe(true);
    expect(rows).toContain("images of noise");
  });

  test("images of one's own: each is the other one of another, so that one alone is refused", async () => {
    const model = await open("vit-classes");
    const data = Float32Array.from({ length: 2 * 3 * 16 * 16 }, (_, at) => Math.sin(at * at));
    const images = { shape: [2, 3, 16, 16], data };
    const { loss, input, rows } = await ablateStacks(model, { backend, images });
    expect([input.kind, input.examples, loss.examples]).toEqual(["images", 2, 2]);
    expect(rows).toContain("the next one");
    const one = { shape: [1, 3, 16, 16], data: data.slice(0, 768) };
    await expect(ablateStacks(model, { backend, images: one })).rejects.toThrow("two or more");
    await model.close();
  });

  test("two towers: the embedding of the image, whose distance to itself is 0; the text is left alone", async () => {
    const model = await open("siglip");
    const { task, loss, parts, top, verdictInWords } = await ablateStacks(model, fourRows);
    await model.close();
    expect([task, parts.map(({ stack }) => stack)]).toEqual(["embedding", ["vision"]]);
    expect(loss.copied.mean).toBeCloseTo(0, 6);
    expect(loss.other.mean).toBeGreaterThan(0.01);
    expect(top[0]!.harm).toBeGreaterThan(0);
    expect(verdictInWords).toMatch(/the loss rises by \d\.\d+, and it alone restores/);
    expect(verdictInWords).toContain("(loss, as 1 - cosine similarity: 0.000 for the image, ");
  });

  test.skipIf(shared("goldens") === null)(
    "an encoder of text: masked tokens, whose id has to be known",
    async () => {
      const model = await openFolder(join(shared("goldens")!, "bert"), "bert");
      await expect(ablateStacks(model, fourRows)).rejects.toThrow("give `maskToken`");
      const { task, loss, rows, parts } = await ablateStacks(model, { ...fourRows, maskToken: 4 });
      await model.close();
      expect([task, parts.length]).toEqual(["masked", 1]);
      expect(rows).toContain("masked");
      expect(loss.copied.mean).toBeGreaterThan(0);
    },
  );
});
