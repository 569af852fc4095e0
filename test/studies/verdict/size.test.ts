/** @file Heads that write only size: mean ablation makes norms divide by less, which is no content. */
import { expect, test } from "vitest";
import type { KindName } from "../../../src/bench/population/kinds.ts";
import { plantedModel } from "../../../src/bench/population/plantedModel.ts";
import { verdict } from "../../../src/studies/verdict/verdict.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { loadedPlanted } from "./loadedPlanted.ts";

const engine = await oneEngine();
const FIRST: readonly KindName[] = ["feeder", "noise", "first", "noise"];

/** In the layer of the head that writes content, or in the layer before that. */
function kindsOf(main: KindName, other: KindName, where: "beside" | "before") {
  return where === "beside"
    ? [FIRST, [main, other, "noise", "noise"] as const]
    : [
        FIRST,
        [other, "noise", "noise", "first"] as const,
        [main, "noise", "noise", "noise"] as const,
      ];
}

/** One of each norm, positions and layout; `npm run bench:truth` has the kinds in all combinations. */
const cases = [
  { plan: 1, main: "antiInduction", other: "sizeOnly", where: "beside" },
  { plan: 2, main: "antiInduction", other: "sizeOnly", where: "before" },
  { plan: 3, main: "antiInduction", other: "sizeOnly", where: "beside" },
  { plan: 5, main: "antiInduction", other: "sizeOnly", where: "before" },
  { plan: 6, main: "induction", other: "sizeOnly", where: "beside" },
  { plan: 3, main: "antiInduction", other: "meanOnly", where: "beside" },
  { plan: 4, main: "antiInduction", other: "constantOnly", where: "beside" },
] as const;

test.each(cases)(
  "verdict claims no content for $other $where $main, and calls that what it is: architecture $plan",
  async ({ plan, main, other, where }) => {
    const model = plantedModel(700 + plan, { kinds: kindsOf(main, other, where) });
    const result = await verdict(loadedPlanted(model, plan), {
      backend: engine,
      seed: plan,
      quick: true,
    });
    const headOfKind = (kind: KindName) => {
      const { layer, head } = model.truth.find((planted) => planted.kind === kind)!;
      return result.heads.find(
        (candidate) => candidate.layer === layer && candidate.head === head,
      )!;
    };
    const [size, content] = [headOfKind(other), headOfKind(main)];
    expect(size.label, size.why).toBe("attends-without-copying");
    expect(content.label, content.why).toBe(main === "induction" ? "induction" : "anti-induction");
    expect(content.flags).not.toContain("norm");
    if (other === "sizeOnly")
      expect(size.flags, JSON.stringify(size.evidence.necessity)).toContain("norm");
  },
);
