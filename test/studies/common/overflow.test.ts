/** @file Weights that are finite and far too large: the first value that is not finite is named, in every study. */
import { describe, expect, test } from "vitest";
import { bytesInMemory } from "../../../src/base/bytes.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import type { LoadedModel } from "../../../src/models/loadedModel.ts";
import { openFolder } from "../../../src/models/folder.ts";
import { readTensor } from "../../../src/formats/readTensor.ts";
import { ablate } from "../../../src/studies/ablate/ablate.ts";
import { lens } from "../../../src/studies/lens/lens.ts";
import { overflowWords } from "../../../src/studies/common/overflow.ts";
import { score } from "../../../src/studies/score/score.ts";
import { verdict } from "../../../src/studies/verdict/verdict.ts";
import { oneEngine } from "../../interventions/engine.ts";

const backend = await oneEngine();
const ZOO = "zoo/attn-2l/checkpoints/step-001500";

/** The zoo's model with the weights called `name` multiplied by `factor`. */
async function scaled(name: string, factor: number): Promise<LoadedModel> {
  const model = await openFolder(ZOO, "scaled");
  const weights = await Promise.all(
    model.program.weights.map(async (weight) => {
      if (weight.name !== name) return weight;
      const values = (await readTensor(weight.stored)).map((value) => value * factor);
      const source = bytesInMemory("scaled", new Uint8Array(Float32Array.from(values).buffer));
      const stored = { ...weight.stored, type: "F32" as const, source, offset: 0 };
      return { ...weight, stored: { ...stored, sizeBytes: source.sizeBytes } };
    }),
  );
  return { ...model, program: { ...model.program, weights } };
}

const SOME = { backend, numExamples: 10, seqLen: 24 };

describe("weights that overflow", () => {
  test("score, verdict and ablate warn, where all that heads read is 0", async () => {
    const model = await scaled("embed.W_E", 1e30);
    const words = /the run of scaled overflows: blocks\.0\.ln1\.hook_scale is Infinity in row 0/;
    expect((await score(model, SOME)).warnings.join()).toMatch(words);
    expect((await verdict(model, { ...SOME, quick: true })).warnings.join()).toMatch(words);
    expect((await ablate(model, SOME)).warnings.join()).toMatch(words);
  });

  test("what overflows into NaN is refused by the first value, and not by what measures it", async () => {
    const model = await scaled("blocks.0.attn.W_O", 3e38);
    await expect(lens(model, SOME)).rejects.toMatchObject({
      code: "weights",
      message: expect.stringMatching(
        /^the run of scaled overflows: blocks\.0\.hook_(attn_out|resid_\w+) is -?(Infinity|NaN)/,
      ) as string,
    });
  });

  test("a sound model has no such value, and no warning", async () => {
    const model = await openPlanted("induction");
    expect(await overflowWords(model, backend)).toBeNull();
    expect((await score(model, SOME)).warnings.join()).not.toMatch(/overflow|depends/);
  });

  test("weights of zero are said to make attention the same whatever the tokens", async () => {
    const model = await scaled("embed.W_E", 0);
    expect((await score(model, SOME)).warnings.join()).toContain(
      "no head's attention depends on the tokens",
    );
  });
});
