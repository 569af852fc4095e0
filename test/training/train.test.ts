import { describe, expect, test } from "vitest";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { tensor } from "../../src/base/tensor.ts";
import { modelFrom } from "../../src/models/families.ts";
import type { Model } from "../../src/models/family.ts";
import { openBlobs } from "../../src/models/openBlobs.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { checkpointFiles } from "../../src/training/checkpointFiles.ts";
import { textData } from "../../src/training/data/textSplit.ts";
import { initialWeights, modelOf } from "../../src/training/freshModel.ts";
import { recipeFrom, shapeOf, type RecipeInput } from "../../src/training/recipe.ts";
import { train, type TrainingStep, type TrainOptions } from "../../src/training/train.ts";
import { backends } from "../runtime/backends.ts";

const [engine, wasm] = await backends();
const SMALL = {
  model: { vocabulary: 16, contextLength: 16, layers: 2, heads: 2, dModel: 16 },
  data: { kind: "periodic", minPeriod: 3, maxPeriod: 8 },
  optimiser: { learningRate: 0.01, warmUp: 5 },
  batch: 4,
  steps: 24,
  logEvery: 10,
  checkpoints: [0, 7, 24],
} satisfies RecipeInput;

async function steps(input: RecipeInput, options: TrainOptions = {}): Promise<TrainingStep[]> {
  const all: TrainingStep[] = [];
  for await (const step of train(recipeFrom(input), engine!, options)) all.push(step);
  return all;
}

describe("train(recipe, engine)", () => {
  test("reports the start and every step, with scores and checkpoints where the recipe says", async () => {
    const all = await steps(SMALL);
    expect(all.map(({ step }) => step)).toEqual(Array.from({ length: 25 }, (_, step) => step));
    const at = (isMatch: (step: TrainingStep) => boolean) =>
      all.filter(isMatch).map(({ step }) => step);
    expect(at(({ scores }) => scores !== null)).toEqual([0, 7, 10, 20, 24]);
    expect(at(({ isCheckpoint }) => isCheckpoint)).toEqual([0, 7, 24]);
    expect(all[0]).toMatchObject({ loss: null, gradientNorm: null, tokens: 0 });
    expect(all[24]!.tokens).toBe(24 * 4 * 16);
    expect(all[24]!.loss).toBeLessThan(all[1]!.loss!);
    const { best, induction } = all[24]!.scores!;
    expect(Math.max(...induction.flat())).toBe(best.induction.score);
  });

  test("says by which counts a model predicts that trains on random chains, and of no other", async () => {
    const data = { kind: "markov", symbols: 3 } as const;
    const all = await steps({ ...SMALL, data, steps: 10, checkpoints: [0, 10] });
    const [first, last] = [all[0]!, all[10]!].map(({ scores }) => scores!.strategies!);
    expect(first!.follows).toBe("uniform"); // knows nothing yet
    expect(last!.divergence.chain).toBeLessThan(first!.divergence.chain);
    expect(last!.crossEntropy.uniform).toBeGreaterThanOrEqual(Math.log(3) - 1e-6);
    expect(
      (await steps({ ...SMALL, steps: 1, checkpoints: [] }))[0]!.scores!.strategies,
    ).toBeNull();
  });

  test("goes on from any step bit for bit, and leaves the state it came from as it was", async () => {
    const all = await steps(SMALL);
    for (const stop of [1, 6, 13, 23]) {
      const from = all[stop]!.state();
      const before = from.parameters.slice();
      const rest = await steps(SMALL, { from });
      expect(from.parameters).toEqual(before);
      expect(rest[0]!.step).toBe(stop);
      expect(rest.at(-1)!.state()).toEqual(all[24]!.state());
      expect(rest.map(({ loss }) => loss).slice(1)).toEqual(
        all.slice(stop + 1).map(({ loss }) => loss),
      );
    }
  });

  test("refuses the state of another model, and a step that the run does not have", async () => {
    const from = (await steps({ ...SMALL, steps: 2, checkpoints: [] })).at(-1)!.state();
    const other = { ...SMALL, model: { ...SMALL.model, dModel: 32 } };
    await expect(steps(other, { from })).rejects.toThrow("not of this recipe's model");
    await expect(steps(SMALL, { from: { ...from, step: 25 } })).rejects.toThrow("of step 25");
  });

  test.each([
    [1e30, /blew up at step \d+: the (loss|norm of the gradient) is (NaN|Infinity)/],
    [300, /blew up at step \d+: the loss is [\d.e+]+, more than 20 times/],
  ])("stops where a learning rate of %d makes numbers no longer finite", async (rate, words) => {
    const input = { ...SMALL, optimiser: { learningRate: rate, warmUp: 0 } };
    await expect(steps(input)).rejects.toThrow(words);
  });

  test("stops when its reader does", async () => {
    for await (const { step } of train(recipeFrom(SMALL), engine!)) if (step === 3) break;
  });

  test("gives the same losses on WASM within rounding", async () => {
    const short = recipeFrom({ ...SMALL, steps: 5, checkpoints: [] });
    const losses = async (on: typeof engine) => {
      const all: number[] = [];
      for await (const { loss } of train(short, on!)) all.push(loss ?? 0);
      return all;
    };
    const [native, other] = [await losses(engine), await losses(wasm)];
    native.forEach((loss, index) => expect(other[index]).toBeCloseTo(loss, 4));
  });
});

const ARCHITECTURES: Readonly<Record<string, RecipeInput["model"]>> = {
  "with learned positions": { positions: "learned" },
  "with shortformer positions and MLPs": { positions: "shortformer", dMlp: 32 },
  "with linear biases by distance": { positions: "alibi", layers: 3 },
  "of one layer with smeared keys": { layers: 1, smearedKeys: true, positions: "learned" },
  "of three layers without norms": { layers: 3, norm: null },
  "that is tied and has no biases": { tied: true, biases: "none", positions: "learned", dMlp: 32 },
  "of LLaMA's layout with grouped keys": {
    family: "llama",
    norm: "RMS",
    kvHeads: 1,
    dMlp: 24,
    activation: "silu",
  },
  "of LLaMA's layout, tied": {
    family: "llama",
    norm: "RMS",
    dMlp: 24,
    activation: "silu",
    tied: true,
  },
  "of T5's layout": { family: "t5" },
  "of T5's layout, tied": { family: "t5", tied: true, dMlp: 24 },
  "of Mamba-2's layout": { family: "mamba2", states: 8 },
  "of Mamba-2's layout, tied": { family: "mamba2", states: 4, tied: true },
};

/** Logits for a few tokens. */
async function logits({ program }: Model): Promise<Float32Array> {
  const session = await prepare(program, engine!);
  const tokens = tensor(
    ["batch", "position"],
    [2, 8],
    Int32Array.from({ length: 16 }, (_, id) => (id * id) % 16),
  );
  const reads = program.inputs.map(({ name }) => name);
  const inputs = ["tokens", "encoder", "decoder"].filter((name) => reads.includes(name));
  const trace = await session.run(new Map(inputs.map((name) => [name, tokens])));
  await session.close();
  return trace.get("logits")!.data;
}

describe("a trained model", () => {
  test.each(Object.entries(ARCHITECTURES))(
    "%s learns, and its files open as a model with the same logits",
    async (_, model) => {
      const recipe = recipeFrom({
        ...SMALL,
        model: { ...SMALL.model, ...model },
        data:
          model?.family === "t5"
            ? { kind: "copied", maxLength: 12 }
            : { kind: "bigram", successors: 2, maxSpan: 8 },
      });
      const all = await steps(recipe);
      expect(all[24]!.loss).toBeLessThan(all[1]!.loss! - 0.3);
      const first = all[0]!.weights().map(({ name, data }) => [name, data] as const);
      expect(new Map(first)).toEqual(initialWeights(shapeOf(recipe), recipe.seed));
      const files = checkpointFiles(recipe, all[24]!.weights());
      const weights = bytesInMemory("model", files.get("model.safetensors") as Uint8Array);
      const reopened = modelFrom(
        JSON.parse(files.get("config.json") as string) as Record<string, unknown>,
        await readSafetensors(weights),
      );
      expect(reopened.architecture).toMatchObject({ layers: recipe.model.layers, heads: 2 });
      const trained = all[24]!.weights().map(({ name, data }) => [name, data] as const);
      const expectedLogits = await logits(modelOf(shapeOf(recipe), new Map(trained)));
      const got = await logits(reopened);
      expectedLogits.forEach((value, index) => expect(got[index]).toBeCloseTo(value, 5));
    },
  );

  test("of characters has a tokenizer and a loss on held-out text", async () => {
    const text = "to be or not to be, that is the question\n".repeat(20);
    const data = await textData(text, { file: "hamlet.txt", validation: 0.2 });
    const { vocabulary, ...sizes } = SMALL.model;
    const recipe = recipeFrom({ ...SMALL, model: sizes, data });
    expect(recipe.model.vocabulary).toBeLessThan(vocabulary + 5);
    const last = (await steps(recipe, { text })).at(-1)!;
    expect(last.validationLoss).toBeLessThan(Math.log(recipe.model.vocabulary));
    const files = [...checkpointFiles(recipe, last.weights())];
    const model = await openBlobs(
      files.map(([name, bytes]) => ({ name, blob: new Blob([bytes as string]) })),
    );
    const tokenizer = (await model.tokenizer())!;
    const ids = tokenizer.encode("not be\n");
    expect(ids).toEqual([..."not be\n"].map((character) => data.characters.indexOf(character)));
    expect(tokenizer.decode(ids)).toBe("not be\n");
    await expect(steps(recipe)).rejects.toThrow("trains on a text, got none");
  });
});
