/** @file Layers that see a window of keys: what they see at its edges, and what studies say where it is too short. */
import { expect, test } from "vitest";
import {
  layersOutOfReach,
  oneNullWarnings,
  reachWarnings,
} from "../../../src/inputs/windowReach.ts";
import { runnableModel } from "../../../src/inputs/runnableModel.ts";
import { openModel } from "../../../src/models/open.ts";
import { phaseRun } from "../../../src/studies/phase/phaseRun.ts";
import { runWithCache } from "../../../src/studies/run/runWithCache.ts";
import { score } from "../../../src/studies/score/score.ts";
import { text } from "../../../src/studies/text/text.ts";
import { verdict } from "../../../src/studies/verdict/verdict.ts";
import { emptyFolder } from "../../cli/cli.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { CONFIG, writeFolder } from "../../models/tinyLlama.ts";

const WINDOW = 8;

async function windowed(sliding_window: number | null) {
  const config = { ...CONFIG, model_type: "mistral", sliding_window };
  return runnableModel(
    await openModel(writeFolder(emptyFolder(), undefined, { config })),
    oneEngine,
  );
}

test.each([WINDOW, WINDOW + 1, 2 * WINDOW])(
  "a prompt of %i tokens: each query sees itself and the 7 before it, and up to 8 it is as without a window",
  async (length) => {
    const [model, whole] = [await windowed(WINDOW), await windowed(null)];
    const tokens = [Array.from({ length }, (_, index) => 1 + ((index * 5) % 20))];
    const names = ["blocks.0.attn.hook_pattern"];
    const [short, full] = await Promise.all(
      [model, whole].map(async (each) => {
        const { cache } = await runWithCache(each, tokens, { names });
        return cache.get(names[0]!).data; // [1, head, query, key]
      }),
    );
    for (let row = 0; row < 2 * length; row++) {
      const query = row % length;
      const pattern = [...short!.subarray(row * length, (row + 1) * length)];
      const first = Math.max(0, query - WINDOW + 1);
      pattern.forEach((weight, key) =>
        expect(weight > 0, `${query} sees ${key}`).toBe(key >= first && key <= query),
      );
      expect(pattern.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
      if (query < WINDOW)
        expect(pattern).toEqual([...full!.subarray(row * length, (row + 1) * length)]);
    }
    await model.close();
    await whole.close();
  },
);

test("layersOutOfReach: a window of as many keys as the period still has the token after the earlier copy", () => {
  const windows = [null, 7, 8, 9];
  expect(layersOutOfReach({ layers: 4, windows }, 8)).toEqual([1]);
  expect(layersOutOfReach({ layers: 4 }, 8)).toEqual([]);
  expect(reachWarnings({ layers: 4, windows }, 9)).toEqual([
    "layers 1, 2 do not see what followed the earlier copy (windows of 7 to 8 tokens, a period of 9): induction cannot reach there, which does not mean that there is none; sequences of at most 14 tokens bring it within reach",
  ]);
});

test("reachWarnings: chunks under the period hide the earlier copy, larger ones hide it from the queries that they part from it", () => {
  const chunks = [null, 7, 12, 64];
  expect(layersOutOfReach({ layers: 4, windows: [null, null, 4, null], chunks }, 9)).toEqual([
    1, 2,
  ]);
  expect(reachWarnings({ layers: 4, chunks }, 9, 1)).toEqual([
    "layer 1 does not see what followed the earlier copy (chunks of 7 tokens, a period of 9): induction cannot reach there, which does not mean that there is none; sequences of at most 7 tokens bring it within reach",
    "layer 2: 2 of the 9 tokens of the second copy see what followed the earlier copy, the others are in another chunk than it (chunks of 12 tokens): induction scores there are at most 0.223; sequences of at most 12 tokens lie in one chunk",
  ]);
});

test("oneNullWarnings: a window or chunk that hides keys of the rows makes one null too small for its layer", () => {
  const windows = [null, 7, 9, null];
  const chunks = [null, null, null, 8];
  expect(oneNullWarnings({ layers: 4, windows, chunks }, 9)).toEqual([
    "2 of 4 layers see less than the rows of 9 tokens: what uniform attention scores is that of layers which see all",
  ]);
  expect(oneNullWarnings({ layers: 4, windows, chunks }, 7)).toEqual([]);
});

test("score, phase and verdict say that induction cannot reach", async () => {
  const model = await windowed(WINDOW);
  const warning = expect.stringMatching(
    /^no layer sees what followed the earlier copy \(a window of 8 tokens, a period of (9|10)\)/,
  );
  const scored = await score(model, { numExamples: 2, seqLen: 20 });
  expect(scored.warnings).toContainEqual(warning);
  expect(scored.scores.induction.flat().every((value) => value === 0)).toBe(true);
  expect(scored.warnings.join()).not.toContain("depends on the tokens"); // it does: nothing is in reach
  const { warnings: within } = await score(model, { numExamples: 2, seqLen: 16 });
  expect(within.join()).not.toContain("no layer sees");
  const open = () => Promise.resolve({ ...model, close: () => Promise.resolve() });
  const run = await phaseRun([{ step: 1, open }], { numExamples: 2, seqLen: 20 });
  expect(run.warnings).toContainEqual(warning);
  const { words, warnings } = await verdict(model, { quick: true, seqLen: 18 });
  expect(warnings.filter((text) => text.startsWith("no layer sees"))).toEqual([warning]);
  expect(words[0]).toBe(
    "Whether there are induction heads cannot be told: no layer sees what followed the earlier copy; shorter sequences bring it within reach.",
  );
  await model.close();
});

test("text says which repeats no layer can go back to", async () => {
  const model = await windowed(WINDOW);
  const rowOf = (period: number) => Array.from({ length: 20 }, (_, at) => 1 + (at % period));
  const beyond = await text(model, { tokens: [rowOf(WINDOW + 1)] });
  expect(beyond.warnings).toContainEqual(
    "no layer sees what followed the earlier copy of 10 of the 10 repeats (windows are shorter than the 9 tokens and more between the copies): induction cannot reach there, which does not mean that there is none",
  );
  const within = await text(model, { tokens: [rowOf(WINDOW)] });
  expect(within.warnings.join()).not.toContain("no layer sees");
  expect(within.repeats!.groups.map(({ name }) => name)).toContain("1 token");
  await model.close();
});
