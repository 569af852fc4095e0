/** @file The BLOOM made by hand: linear biases alone make a head before and an induction head, and the verdict calls both so. */
import { expect, test } from "vitest";
import { openPlanted } from "../../src/models/planted/planted.ts";
import { score } from "../../src/studies/score/score.ts";
import { verdict } from "../../src/studies/verdict/verdict.ts";
import { oneEngine } from "../interventions/engine.ts";

const backend = await oneEngine();

test("planted:bloom is called right: one induction head, whose keys read the tokens before", async () => {
  const model = await openPlanted("bloom");
  const request = { backend, numExamples: 8, seqLen: 40, quick: true };
  const { heads, circuit, words } = await verdict(model, request);
  const labels = heads.map(({ layer, head, label }) => [`${layer}.${head}`, label] as const);
  expect(labels.filter(([, label]) => label === "induction")).toEqual([["1.7", "induction"]]);
  expect(labels).toContainEqual(["0.0", "previous-token"]);
  expect(circuit.edges[0]).toMatchObject({ from: "0.0", to: "1.7", route: "k" });
  expect(words[0]).toBe("One induction head: 1.7.");
});

test("scores that are alike in all sequences are no sign of lost tokens where a head finds the earlier copy", async () => {
  const model = await openPlanted("bloom");
  const { warnings, loss } = await score(model, { backend, numExamples: 10, seqLen: 40 });
  expect(warnings).toEqual([]);
  expect(loss!.secondCopy).toBeLessThan(1e-3);
});
