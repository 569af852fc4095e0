/** @file One of a thing is said in the singular. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { attention, load, shapley, verdict } from "../../../src/index.ts";
import type { RunnableModel } from "../../../src/inputs/runnableModel.ts";
import { toText } from "../../../src/studies/views.ts";
import { oneEngine } from "../../interventions/engine.ts";

let model: RunnableModel;
beforeAll(async () => void (model = await load("zoo:attn-2l")));
afterAll(() => model.close());

test("words and warnings of a verdict and of Shapley values of one row", async () => {
  const backend = await oneEngine();
  const one = { backend, numExamples: 1, seqLen: 16 };
  const results = [
    await verdict(model, { ...one, quick: true }),
    await shapley(model, { ...one, heads: ["1.0"] }),
  ];
  for (const result of results) {
    const words = (await toText(result)).replace(/\s+/g, " ");
    expect(words).not.toMatch(/(^|[^\d.,])1 (examples|sequences|rows|heads|subsets)\b/);
    expect(words).toMatch(/\b1 (example|sequence|row|head)\b/);
  }
});

test("of an attention that is too large it is said how long sequences may be", async () => {
  const long = Array.from({ length: 3000 }, (_, position) => position % 60);
  const roomy = { ...model, architecture: { ...model.architecture, contextLength: 4096 } };
  await expect(attention(roomy, { tokens: [long], heads: ["1.0"] })).rejects.toThrow(
    "9000000 weights, more than the 4000000 that can be shown: use sequences of at most 2000 tokens",
  );
});
