/** @file Which heads matter, by Shapley values on the rows of a verdict. */
import { describe, expect, test } from "vitest";
import { plantedModel } from "../../../src/bench/population/plantedModel.ts";
import { shapley } from "../../../src/studies/shapley/shapley.ts";
import { verdictResult, type VerdictResult } from "../../../src/studies/verdict/result.ts";
import { verdict } from "../../../src/studies/verdict/verdict.ts";
import { verdictView } from "../../../src/studies/verdict/view.ts";
import { worthWords } from "../../../src/studies/verdict/worth.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { loadedPlanted } from "./loadedPlanted.ts";

const backend = await oneEngine();
const SMALL = { backend, seqLen: 24, numExamples: 10, quick: true, matters: true };
const KINDS = [
  ["feeder", "noise", "first", "noise"],
  ["redundant", "redundant", "noise", "noise"],
] as const;
const CIRCUIT = ["0.0", "1.0", "1.1"];
const circuitModel = () => loadedPlanted(plantedModel(700, { kinds: KINDS }), 0);
const ofCircuit = await verdict(circuitModel(), SMALL);
const withAnswer = ({ heads }: VerdictResult, answer: string) =>
  heads
    .filter(({ worth }) => worth?.matters === answer)
    .map(({ layer, head }) => `${layer}.${head}`);

describe("verdict(model, {matters: true})", () => {
  test("says that two heads matter that stand in for each other, and their feeder, and no other", () => {
    const result = ofCircuit;
    expect(verdictResult.safeParse(result).success).toBe(true);
    expect(withAnswer(result, "yes")).toEqual(CIRCUIT);
    expect(withAnswer(result, "no")).toHaveLength(5);
    expect(result.worth!.design).toEqual({ kind: "exact", subsets: 256 });
    expect(result.words.at(-1)).toMatch(/bring 5 % or more each: .*0\.0 \(/);
    const table = verdictView(result).tables.find(({ caption }) =>
      caption.startsWith("Which heads"),
    );
    expect(table!.rows).toHaveLength(8);
  });

  test("says of a head that takes from the copy gain that it does", () => {
    const { heads, worth } = ofCircuit;
    const opposed = heads.map((head) =>
      head.layer === 1 && head.head === 1
        ? { ...head, worth: { ...head.worth!, value: -head.worth!.value, share: -0.25 } }
        : head,
    );
    const [bringing, taking] = worthWords({ heads: opposed, worth });
    expect(bringing).toMatch(/bring 5 % or more each: .*0\.0 \(/);
    expect(bringing).not.toContain("1.1");
    expect(taking).toBe("These heads take as much or more away from it each: 1.1 (-25 %).");
  });

  test("gives the values of shapley, within its interval, on other rows", async () => {
    const { heads, worth } = ofCircuit;
    const same = await shapley(circuitModel(), { backend, seqLen: 24, seed: 5, numExamples: 10 });
    expect(worth!.copyGain.value).toBeCloseTo(same.copyGain.all, 0);
    for (const [at, { copyGain }] of same.heads.entries()) {
      const { value, low, high } = heads[at]!.worth!;
      const reach = (high! - low! + copyGain.high! - copyGain.low!) / 2;
      expect(Math.abs(value - copyGain.value)).toBeLessThan(2 * reach + 0.01);
    }
  });

  test("of a larger model measures candidates, their feeders and what moves the copy alone", async () => {
    const noise = Array.from({ length: 4 }, () => "noise" as const);
    const kinds = [KINDS[0], KINDS[1], noise, noise];
    const model = loadedPlanted(plantedModel(700, { kinds }), 0);
    const result = await verdict(model, SMALL);
    expect(result.worth!.screened).toBe(true);
    expect(result.worth!.design).toMatchObject({ kind: "sampled", pairs: 10 });
    expect(result.worth!.heads).toEqual(expect.arrayContaining(CIRCUIT));
    expect(result.worth!.heads.length).toBeLessThanOrEqual(12);
    expect(withAnswer(result, "yes")).toEqual(CIRCUIT);
    expect(result.heads.at(-1)!.worth).toBeNull();
  });

  test("says of a model that does not copy that no head matters for it", async () => {
    const kinds = [
      ["noise", "first"],
      ["noise", "noise"],
    ] as const;
    const result = await verdict(loadedPlanted(plantedModel(700, { kinds }), 0), SMALL);
    expect(result.worth).toMatchObject({ copies: false, none: null, heads: [], design: null });
    expect(withAnswer(result, "yes")).toEqual([]);
    expect(result.words.at(-1)).toMatch(/^The model hardly copies/);
  });

  test("has no such field where it was not asked for", async () => {
    const result = await verdict(circuitModel(), { ...SMALL, matters: false });
    expect("worth" in result).toBe(false);
    expect("worth" in result.heads[0]!).toBe(false);
  });
});
