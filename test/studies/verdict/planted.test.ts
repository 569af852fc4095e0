/** @file A few planted models of the benchmark (`npm run bench:truth`), so that a broken rule is seen at once. */
import { expect, test } from "vitest";
import { plantedModel } from "../../../src/bench/population/plantedModel.ts";
import { PLANS } from "../../../src/bench/population/plans.ts";
import { LABELS } from "../../../src/measure/verdict/names.ts";
import { verdict } from "../../../src/studies/verdict/verdict.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { loadedPlanted } from "./loadedPlanted.ts";

const engine = await oneEngine();
/** One small model of each architecture, with every label among them; the circuit of some is cut. */
const SEEDS = [228, 222, 223, 252, 204, 254, 262];
const models = SEEDS.map((seed) => plantedModel(seed));

test("these models have every architecture, every label, and circuits that are cut", () => {
  expect(new Set(models.map(({ architecture }) => architecture)).size).toBe(PLANS.length);
  const labels = new Set<string>(models.flatMap(({ truth }) => truth.map(({ label }) => label)));
  expect([...labels].sort()).toEqual([...LABELS].sort());
  expect(models.some(({ circuit }) => circuit === "cut")).toBe(true);
});

test("verdict --quick calls the heads of planted models what they are", async () => {
  const wrong: string[] = [];
  let heads = 0;
  for (const [at, model] of models.entries()) {
    const seed = SEEDS[at]!;
    const result = await verdict(loadedPlanted(model, seed), {
      backend: engine,
      seed,
      quick: true,
    });
    for (const { layer, head, kind, label } of model.truth) {
      const headResult = result.heads.find(
        (other) => other.layer === layer && other.head === head,
      )!;
      heads++;
      if (headResult.label !== label)
        wrong.push(
          `${seed} ${layer}.${head} ${kind}: is ${label}, called ${headResult.label}: ${headResult.why}`,
        );
      if (label === "induction") expect(headResult.label, wrong.at(-1) ?? "").toBe("induction");
      if (model.circuit === "cut") expect(headResult.label).not.toBe("induction");
    }
  }
  expect(wrong.length / heads, wrong.join("\n")).toBeLessThan(0.04);
});
