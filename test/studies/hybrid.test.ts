/** @file Hybrids, whose layers of attention and of scans have different numbers of heads: every study runs, or says why not. */
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { headNumbers } from "../../src/draw/headNumbers.ts";
import { terminalMap } from "../../src/draw/terminalMap.ts";
import { openFolder } from "../../src/models/folder.ts";
import { canRun, MODEL_STUDIES } from "../../src/studies/common/canRun.ts";
import { ablate } from "../../src/studies/ablate/ablate.ts";
import { patch } from "../../src/studies/patch/patch.ts";
import { score } from "../../src/studies/score/score.ts";
import { scoreView } from "../../src/studies/score/view.ts";
import { verdict } from "../../src/studies/verdict/verdict.ts";
import { backends } from "../runtime/backends.ts";

const [engine] = await backends();
const model = await openFolder(join(import.meta.dirname, "../fixtures/families/bamba"), "hybrid");
afterAll(() => model.close());
/** Layers 0 and 2 are scans of eight heads, layer 1 is attention of four. */
const HEADS = [8, 4, 8];
const SMALL = { seqLen: 12, numExamples: 8, seed: 1, backend: engine } as const;

describe("studies of a hybrid", () => {
  test("score has a value for each head of each layer, and a map of them", async () => {
    const result = await score(model, SMALL);
    const { induction } = result.scores;
    expect(induction.map((layer) => layer.length)).toEqual(HEADS);
    const values = induction.flat();
    expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
    const view = scoreView(result);
    expect(view.map).not.toBeNull();
    expect(view.lines.join()).toContain("3 layers of 4 or 8 heads");
    expect(headNumbers(view)!.measures[0]!.values.map((row) => row.length)).toEqual(HEADS);
    const layers = view.tables.find(({ caption }) => caption.startsWith("Layers of scans"))!;
    expect(layers.rows.map(([layer, units]) => [layer, units])).toEqual([
      [0, 8],
      [2, 8],
    ]);
    const map = { values: induction, scale: { kind: "sequential", bound: 1 } as const, marked: [] };
    expect(terminalMap(map, { depth: 1, width: 80 })).toHaveLength(4);
  });

  test("ablate and patch have one of each head", async () => {
    const options = { ...SMALL, numExamples: 4 };
    const harms = await ablate(model, { ...options, eachHead: true });
    expect(harms.heads!.delta.secondCopy.map((layer) => layer.length)).toEqual(HEADS);
    const patched = await patch(model, { ...options, raw: true });
    expect((patched.values as number[][]).map((layer) => layer.length)).toEqual(HEADS);
  });

  test("verdict labels each head", async () => {
    const { heads } = await verdict(model, { quick: true, seqLen: 12, backend: engine });
    expect(heads.map(({ layer }) => layer)).toEqual(
      HEADS.flatMap((count, layer) => Array<number>(count).fill(layer)),
    );
  });

  test("what changes queries says that a layer has none", () => {
    expect(canRun("fingerprint", model)).toContain("layer 0 is a state-space layer");
    expect(canRun("circuit", model)).toContain("layer 0");
    for (const study of MODEL_STUDIES) expect(canRun(study, model)).not.toBe("");
  });
});
