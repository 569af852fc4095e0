import { afterAll, beforeAll, expect, test } from "vitest";
import { load } from "../../src/index.ts";
import type { RunnableModel } from "../../src/inputs/runnableModel.ts";
import { pairOf } from "../../src/inputs/pair.ts";
import { sequencesOf } from "../../src/inputs/sequences.ts";
import { ablationRows } from "../../src/inputs/ablationRows.ts";
import { analyse } from "../../src/studies/analyse/analyse.ts";
import { lens } from "../../src/studies/lens/lens.ts";

/** As a caller writes it whose own options may be left out. */
const UNDEFINED = { numExamples: undefined, seqLen: undefined, seed: undefined, bos: undefined };

let model: RunnableModel;
beforeAll(async () => void (model = await load("planted:induction")));
afterAll(() => model.close());

test("an option that is undefined is as one that is left out, whatever a study's own default is", async () => {
  const { architecture } = model;
  const examples = [
    [await pairOf(architecture, UNDEFINED), await pairOf(architecture, {})],
    [await sequencesOf(model, UNDEFINED), await sequencesOf(model, {})],
  ].map((both) => both.map((study) => ("input" in study ? study.input : study.info).examples));
  expect(examples).toEqual([
    [16, 16],
    [1, 1],
  ]);
  expect(await ablationRows(architecture, UNDEFINED)).toEqual(await ablationRows(architecture, {}));
  const { timings: _, ...result } = await lens(model, UNDEFINED);
  expect(await lens(model)).toMatchObject(result);
});

test("so it is for what `analyse` hands on to its studies", async () => {
  const examplesOf = async (options: object) => {
    const { input, studies } = await analyse(model, options);
    const { lens: read, attention, patchHeads } = studies;
    return [input, read.input, attention.input, patchHeads!.input].map((part) => part.examples);
  };
  expect(await examplesOf(UNDEFINED)).toEqual([30, 16, 1, 10]);
  expect(await examplesOf({})).toEqual([30, 16, 1, 10]);
});
