import { describe, expect, test } from "vitest";
import type { CausalPrompt } from "../../src/inputs/causalPrompt.ts";
import { causalPair } from "../../src/inputs/causalPrompts.ts";
import { openPlanted } from "../../src/models/planted/planted.ts";
import { attribution } from "../../src/studies/attribution/attribution.ts";
import { patch } from "../../src/studies/patch/patch.ts";
import { drawnInNode } from "../../src/draw/drawnInNode.ts";
import { lazySvg } from "../../src/draw/lazySvg.ts";
import { picturesOf } from "../../src/draw/pictures.ts";
import { patchResult, type PatchResult } from "../../src/studies/patch/result.ts";
import { patchView } from "../../src/studies/patch/view.ts";
import { pathPatch } from "../../src/studies/path/path.ts";
import { runWithCache } from "../../src/studies/run/runWithCache.ts";
import { characterTokenizer } from "../../src/text/tokenizer/characterTokenizer.ts";
import { oneEngine } from "../interventions/engine.ts";

const engine = await oneEngine();
const ALPHABET = [..."abcdefghijklmnopqrstuvwxyz"];

/** The planted induction model, which reads letters. */
async function reader() {
  const model = await openPlanted("induction");
  return { ...model, tokenizer: () => Promise.resolve(characterTokenizer(ALPHABET)) };
}

/** After the second x an induction head says what followed the first. */
const PROMPTS: readonly CausalPrompt[] = [
  { clean: "qxbtwsax", corrupted: "qxctwsax", answer: "b", wrong: "c" },
  { clean: "lemonpye", corrupted: "letonpye", answer: "m", wrong: "t" },
];

describe("prompts of the user's own", () => {
  test("are rows whose last position should predict the answer", async () => {
    const pair = await causalPair(await reader(), { prompts: PROMPTS, bos: "off" });
    expect(pair.positions).toEqual([7]);
    expect([...pair.clean.data.slice(0, 8)]).toEqual([16, 23, 1, 19, 22, 18, 0, 23]);
    expect([pair.targets!.data[7], pair.targets!.data[15]]).toEqual([1, 12]);
    expect([pair.others!.data[7], pair.others!.data[15]]).toEqual([2, 19]);
    expect(pair.info.pieces).toEqual([..."qxbtwsax"]);
  });

  test("patch reads the difference of the logits that a plain run has, and the induction head restores it", async () => {
    const model = await reader();
    const options = { backend: engine, prompts: PROMPTS, bos: "off" } as const;
    const result = await patch(model, options);
    expect(patchResult.safeParse(result).error).toBeUndefined();
    const differences = await Promise.all(
      PROMPTS.map(async ({ clean, answer, wrong }) => {
        const { logits } = await runWithCache(model, clean, { backend: engine, bos: "off" });
        const at = (letter: string) =>
          logits!.data[(clean.length - 1) * logits!.shape.at(-1)! + ALPHABET.indexOf(letter)]!;
        return at(answer) - at(wrong!);
      }),
    );
    expect(result.metric.name).toBe("logit-difference");
    expect(result.metric.clean).toBeCloseTo((differences[0]! + differences[1]!) / 2, 3);
    expect(result.important[0]).toMatchObject({ layer: 1, head: 2 });
    expect(result.important[0]!.effect).toBeGreaterThan(0.8);
    const byPosition = await patch(model, { ...options, byPosition: true });
    expect(patchView(byPosition).sentences![0]).toMatch(/^1\.2 at 7 "x" alone restores/);
    const draw = async (result: PatchResult) =>
      lazySvg(picturesOf(patchView(result))[0]!, drawnInNode)("light");
    const heads = await patch(model, { ...options, byPosition: true, heads: ["1.2", "0.3"] });
    expect(await draw(heads)).toMatch(/>q 0<[^]*>x 1<[^]*>x 7</);
    const streams = await patch(model, { ...options, unit: "resid-pre", byPosition: true });
    expect(await draw(streams)).toMatch(/>q 0<[^]*>x 1<[^]*>x 7</);
    expect(patchView(byPosition).lines).toContain('clean: "qxbtwsax" -> "b", not "c"');
  });

  test("paths and estimates take them too", async () => {
    const options = { backend: engine, prompts: PROMPTS, bos: "off" } as const;
    const model = await reader();
    const paths = await pathPatch(model, { ...options, route: "k", into: ["1.2"] });
    expect(paths.metric.name).toBe("logit-difference");
    const estimates = await attribution(model, options);
    expect(estimates.pair.design).toBe("prompts");
  });

  test.each<[string, readonly CausalPrompt[], RegExp]>([
    ["none", [], /at least one pair of prompts, got none/],
    [
      "texts of unequal length",
      [{ ...PROMPTS[0]!, corrupted: "qxctwsaxx" }],
      /the first clean one has 8 \("q" "x" .*\), the corrupted one of pair 0 has 9/,
    ],
    [
      "an answer of two tokens",
      [{ ...PROMPTS[0]!, answer: "bc" }],
      /an answer is the one token .*; "bc" of pair 0 gives 2 tokens \("b" "c"\)/,
    ],
    ["a prompt of one token", [{ clean: "a", corrupted: "b", answer: "c" }], /2 tokens or more/],
  ])("refuses %s", async (_, prompts, words) => {
    await expect(causalPair(await reader(), { prompts, bos: "off" })).rejects.toThrow(words);
  });

  test("logit-difference needs wrong answers, and paths have no induction score", async () => {
    const { wrong: _, ...prompt } = PROMPTS[0]!;
    const options = { backend: engine, prompts: [prompt], bos: "off" } as const;
    const model = await reader();
    await expect(patch(model, { ...options, metric: "logit-difference" })).rejects.toThrow(
      /needs a `wrong` answer for each prompt/,
    );
    const path = { ...options, metric: "induction-score", into: ["1.2"] } as const;
    await expect(pathPatch(model, path)).rejects.toThrow(/do not repeat/);
  });
});
