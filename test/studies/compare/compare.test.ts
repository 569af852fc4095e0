import { afterAll, describe, expect, test } from "vitest";
import { load } from "../../../src/index.ts";
import { checkpointInMemory } from "../../../src/models/checkpointInMemory.ts";
import { plantedCheckpoint } from "../../../src/models/planted/circuit.ts";
import { PLANTED } from "../../../src/models/planted/planted.ts";
import { compare } from "../../../src/studies/compare/compare.ts";
import { compareResult } from "../../../src/studies/compare/result.ts";
import { compareView } from "../../../src/studies/compare/view.ts";
import { familyFigure } from "../../../src/studies/compare/viewFamily.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { asBfloat16, changedModel, scaledHead } from "../changedModel.ts";

const backend = await oneEngine();
const zoo = await load("zoo:attn-2l");
afterAll(() => zoo.close());

describe("compare", () => {
  test("finds nothing between a model and itself, paired row by row", async () => {
    const result = await compare([zoo, zoo], { backend, margin: 0, effectMargin: 0 });
    const [pair] = result.pairs;
    expect(compareResult.parse(result)).toEqual(result);
    expect(result.rows.shared).toBe(true);
    expect(result.warnings).toEqual([
      "zoo:attn-2l has the same weight files as zoo:attn-2l (equal hashes): they are one model, and whatever differs comes from elsewhere",
    ]);
    expect(pair).toMatchObject({ paired: true, tests: 48, discoveries: 0 });
    expect(pair!.heads!.every(({ induction }) => induction.value === 0)).toBe(true);
    expect(pair!.matching.matches.every(({ first, second }) => first.head === second.head)).toBe(
      true,
    );
  });

  test("needs a list, and says so", async () => {
    await expect(compare(5 as never)).rejects.toThrow(
      "compare needs a list of models, as `load` gives them, got 5",
    );
  });

  test("finds a difference in at most 5 % of comparisons of a model with itself on other rows", async () => {
    let [hits, tests] = [0, 0];
    for (let seed = 0; seed < 20; seed++) {
      const options = { seed: 10 * seed, separateRows: true, margin: 0, effectMargin: 0 };
      const { rows, pairs } = await compare([zoo, zoo], { backend, numExamples: 40, ...options });
      expect(rows).toMatchObject({ shared: false, why: "each model draws its own, as asked" });
      expect(pairs[0]!.paired).toBe(false);
      hits += pairs[0]!.discoveries;
      tests += pairs[0]!.tests;
    }
    expect(tests).toBe(960);
    expect(hits / tests).toBeLessThanOrEqual(0.05);
  });

  test("finds a head whose output is halved by its effect, and no attention at all", async () => {
    const halved = await changedModel(zoo, "halved", scaledHead(1, 2, 0.5));
    const { pairs, words, warnings } = await compare([zoo, halved], { backend });
    expect(warnings).toEqual([]);
    const heads = pairs[0]!.heads!;
    const changedHead = heads.find(({ layer, head }) => layer === 1 && head === 2)!;
    expect(changedHead.found).toEqual(["effect"]);
    expect(changedHead.effect!.high).toBeLessThan(-0.05);
    expect(heads.flatMap(({ found: names }) => names).filter((name) => name !== "effect")).toEqual(
      [],
    );
    const largest = heads.toSorted((a, b) => a.effect!.value - b.effect!.value)[0]!;
    expect([largest.layer, largest.head]).toEqual([1, 2]);
    expect(words.join(" ")).toContain("1.2 (direct effect by -");
  });

  test("changes no label, flag or edge between F32 and BF16 weights", async () => {
    const rounded = await changedModel(zoo, "bf16", asBfloat16);
    const { pairs } = await compare([zoo, rounded], { backend, verdicts: "full" });
    expect(pairs[0]!.changes!.labels).toEqual([]);
    expect(pairs[0]!.changes!.edges).toEqual({ gained: [], lost: [] });
    expect(pairs[0]!.discoveries).toBe(0);
    expect(pairs[0]!.heads!.some(({ induction }) => induction.value !== 0)).toBe(true);
  });

  test("names the label that a head loses with its output, and what parts", async () => {
    const cut = await changedModel(zoo, "cut", scaledHead(1, 2, 0));
    const { pairs } = await compare([zoo, cut], { backend, verdicts: "full" });
    const change = pairs[0]!.changes!.labels.find(({ layer, head }) => layer === 1 && head === 2);
    expect(change).toMatchObject({ from: "induction", to: "attends-without-copying" });
    expect(change!.parted).toContain("copying");
    expect(change!.parted).not.toContain("induction");
    expect(pairs[0]!.changes!.edges.lost.some(({ to }) => to === "1.2")).toBe(true);
  });

  test("matches heads of other architectures by what they do", async () => {
    const other = await load("zoo:llama-gqa");
    const { pairs, models } = await compare([zoo, other], { backend });
    await other.close();
    expect(pairs[0]).toMatchObject({
      sameArchitecture: false,
      heads: null,
      tests: 0,
      changes: null,
    });
    const { matches, p } = pairs[0]!.matching;
    expect(p).toBeLessThan(0.05);
    const best = matches.find(
      ({ first }) => first.layer === 1 && first.head === models[0]!.best.head,
    );
    expect(best!.second.layer).toBe(1);
  });

  test("runs rows of their own where vocabularies differ, and says so", async () => {
    const planted = await load("planted:induction");
    const { rows, pairs, words } = await compare([zoo, planted], { backend, numExamples: 12 });
    expect(rows.shared).toBe(false);
    expect(words[0]).toContain(
      "Each model ran rows of its own: zoo:attn-2l and planted:induction have vocabularies of",
    );
    expect(pairs[0]!.paired).toBe(false);
  });

  test("draws what was planted in a family of five sizes", async () => {
    const family = [16, 24, 32, 48, 64].map((width, index) => {
      const sizes = { vocabulary: 64, contextLength: 80, width, heads: 4, layers: 2, seed: 1 };
      const heads = PLANTED.induction.heads.filter(({ layer }) => layer === 0 || index > 1);
      const about = { id: `width ${width}`, sha256: String(width) };
      return checkpointInMemory(plantedCheckpoint(sizes, heads), about);
    });
    const result = await compare(family, { backend, numExamples: 20 });
    expect(result.models.map(({ inductionHeads }) => inductionHeads.count)).toEqual([
      0, 0, 1, 1, 1,
    ]);
    const { panels } = familyFigure(result);
    const y = panels.map(({ lines }) => lines[0]!.points.map((point) => point.y));
    expect(panels.map(({ x }) => x.log)).toEqual([true, true, true, true]);
    expect(y[0]!.slice(0, 2).every((score) => score < 0.2)).toBe(true);
    expect(y[0]!.slice(2).every((score) => score > 0.8)).toBe(true);
    expect(y[1]!.slice(2).every((gain) => gain > 1)).toBe(true);
    expect(y[2]).toEqual([0, 0, 1, 1, 1]);
    expect(y[3]!.slice(2)).toEqual([0.5, 0.5, 0.5]);
    expect(compareView(result).pictures!.map(({ label }) => label)).toContain(
      "A family of 5 models",
    );
  });

  test("refuses one model, and options that contradict each other", async () => {
    await expect(compare([zoo], { backend })).rejects.toThrow("at least two models, got 1");
    const own = { tokens: [[1, 2, 3, 1, 2, 3]], period: 3, bos: false };
    await expect(compare([zoo, zoo], { backend, rows: own, separateRows: true })).rejects.toThrow(
      "cannot be combined with `separateRows`",
    );
    await expect(compare([zoo, zoo], { backend, level: 2 })).rejects.toThrow("from 0 to 1, got 2");
  });
});
