/** @file Planted models of further architectures: norms around parts with caps as in Gemma 2, experts as in Mixtral. */
import { describe, expect, test } from "vitest";
import { FURTHER_PLANS } from "../../../src/bench/population/plans.ts";
import { plantedModel } from "../../../src/bench/population/plantedModel.ts";
import { verdict } from "../../../src/studies/verdict/verdict.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { loadedPlanted } from "./loadedPlanted.ts";

const engine = await oneEngine();
const SEEDS = [5, 8, 12];

describe.each(FURTHER_PLANS.map(({ name }) => name))("planted models: %s", (architecture) => {
  test(
    "verdict --quick calls induction heads and most others what they are",
    { tags: ["slow"] },
    async () => {
      const wrong: string[] = [];
      let [heads, whole] = [0, 0];
      for (const seed of SEEDS) {
        const model = plantedModel(seed, { architecture, layers: 3 });
        if (model.circuit === "whole") whole++;
        const loaded = loadedPlanted(model, seed);
        const result = await verdict(loaded, { backend: engine, seed, quick: true });
        for (const { layer, head, kind, label, fedBy } of model.truth) {
          const headResult = result.heads.find(
            (other) => other.layer === layer && other.head === head,
          )!;
          heads++;
          if (headResult.label !== label)
            wrong.push(`${seed} ${layer}.${head} ${kind}: is ${label}, called ${headResult.label}`);
          if (model.circuit === "cut") expect(headResult.label).not.toBe("induction");
          if (label !== "induction") continue;
          expect(headResult.label, `${seed} ${layer}.${head} ${kind}: ${headResult.why}`).toBe(
            "induction",
          );
          const [first] = headResult.evidence.upstream.filter(({ route }) => route === "k");
          if (fedBy.k) expect(fedBy.k).toContain(`${first!.layer}.${first!.head}`);
        }
      }
      expect(whole).toBeGreaterThan(0);
      expect(wrong.length / heads, wrong.join("\n")).toBeLessThan(0.06);
    },
  );
});
