/** @file Runs whose saved values have no room in the memory: from a temporary file they give the same bytes. */
import { describe, expect, test } from "vitest";
import { memoryBudget } from "../../src/runtime/memoryBudget.ts";
import { spillFile } from "../../src/runtime/spillFile.ts";
import { ablate } from "../../src/studies/ablate/ablate.ts";
import { fingerprint } from "../../src/studies/patch/fingerprint.ts";
import { patch } from "../../src/studies/patch/patch.ts";
import { verdict } from "../../src/studies/verdict/verdict.ts";
import { openFolder } from "../../src/models/folder.ts";
import type { Backend } from "../../src/base/backend.ts";
import type { LoadedModel } from "../../src/models/loadedModel.ts";
import { oneEngine } from "./engine.ts";

const engine = await oneEngine();
const model = await openFolder("zoo/llama-gqa/checkpoints/step-001500", "llama-gqa");

/** Sessions of this model fit into it, and what a run saves does not fit into its share. */
const TIGHT_BYTES = 30e6;

/** The engine with a budget, and a count of the values that are spilled. */
function countedEngine(bytes: number) {
  let count = 0;
  const backend: Backend = {
    ...engine,
    budget: memoryBudget(bytes, true),
    spillFile() {
      const file = spillFile();
      return { spill: (value) => (count++, file.spill(value)) };
    },
  };
  return { backend, count: () => count };
}

const ROWS = { numExamples: 6, seqLen: 40 };
type Study = (model: LoadedModel, options: Readonly<Record<string, unknown>>) => Promise<object>;
const studies: readonly (readonly [string, Study])[] = [
  ["patch", (model, options) => patch(model, { ...ROWS, ...options })],
  ["fingerprint", (model, options) => fingerprint(model, { ...ROWS, heads: ["1.0"], ...options })],
  ["ablate", (model, options) => ablate(model, { ...ROWS, kind: "resample", ...options })],
  ["verdict", (model, options) => verdict(model, { ...ROWS, quick: true, ...options })],
];

const numbers = (result: object) => JSON.stringify({ ...result, timings: null, environment: null });

describe.each(studies)("%s", (_, study) => {
  test("is the same bytes with what runs save in a file, and uses none where there is room", async () => {
    const [roomy, tight] = [countedEngine(4e9), countedEngine(TIGHT_BYTES)];
    const whole = await study(model, { backend: roomy.backend });
    const small = await study(model, { backend: tight.backend });
    expect(numbers(small)).toBe(numbers(whole));
    expect(roomy.count()).toBe(0);
    expect(tight.count()).toBeGreaterThan(0);
  });
});
