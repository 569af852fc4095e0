/** @file `phase` on made-up runs whose events are known, through the engine. */
import { describe, expect, test } from "vitest";
import { AbortError } from "../../../src/base/errors.ts";
import { phaseResult } from "../../../src/studies/phase/result.ts";
import { phaseRun } from "../../../src/studies/phase/phaseRun.ts";
import type { Tokenizer } from "../../../src/text/tokenizer/tokenizer.ts";
import { score } from "../../../src/studies/score/score.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { INDUCTION_FORMS, modelAt, plantedRun, PREVIOUS_FORMS, STEPS } from "./plantedRun.ts";

const ROWS = { numExamples: 12, seqLen: 48 };

describe("phaseRun(checkpoints)", () => {
  test("finds the heads of a circuit, when they form, and that the previous-token head comes first", async () => {
    const result = await phaseRun(plantedRun(), {
      backend: await oneEngine(),
      ...ROWS,
      id: "made up",
    });
    expect(phaseResult.parse(result)).toEqual(result);
    expect(result.pair).toMatchObject({
      previous: { layer: 0, head: 1 },
      induction: { layer: 1, head: 0 },
      chosenBy: "paths",
    });
    expect(result.order).toBe("previous-token first");
    expect(result.change!.step / INDUCTION_FORMS).toBeGreaterThan(0.7);
    expect(result.change!.step / INDUCTION_FORMS).toBeLessThan(1.4);
    const previous = result.events.find(({ name }) => name === "previousToken")!.change!;
    expect(previous.step / PREVIOUS_FORMS).toBeGreaterThan(0.7);
    expect(previous.step / PREVIOUS_FORMS).toBeLessThan(1.4);
    expect(result.inductionHeads.map(({ depth }) => depth)).toEqual([0.5]);
    expect(result.bump!.withChange).toBe(true);
    const { k, q, baseline } = result.curves.composition!;
    expect(k.at(-1)! / baseline).toBeGreaterThan(1.8);
    expect(k.at(-1)!).toBeGreaterThan(q.at(-1)!);
  });

  test("says of each checkpoint by which counts it predicts in random chains, where it is asked", async () => {
    const options = { backend: await oneEngine(), ...ROWS, symbols: 3 };
    const result = await phaseRun(plantedRun().slice(-2), options);
    expect(phaseResult.parse(result)).toEqual(result);
    const { symbols, rows, follows, divergence } = result.curves.strategies!;
    expect([symbols, rows, follows.length, divergence.bigram.length]).toEqual([3, 32, 2, 2]);
    expect(result.words.at(-1)).toMatch(
      /^In random Markov chains of 3 symbols .* from the truth\.$/,
    );
    await expect(phaseRun(plantedRun().slice(-1), { ...options, symbols: 1 })).rejects.toThrow(
      /`symbols` needs a whole number from 2/,
    );
    await expect(
      phaseRun(plantedRun().slice(-1), { ...options, symbols: [0, 9999] }),
    ).rejects.toThrow(/needs token ids below \d+, got 9999/);
  });

  test("takes the previous-token head that is read, not the one that attends most, and says why", async () => {
    const result = await phaseRun(plantedRun({ decoy: true }), {
      backend: await oneEngine(),
      ...ROWS,
    });
    expect(phaseResult.parse(result)).toEqual(result);
    const { previous, chosenBy, upstream } = result.pair!;
    expect([previous, chosenBy]).toEqual([{ layer: 0, head: 1 }, "paths"]);
    const [most, read] = upstream;
    expect([most!.head, read!.head]).toEqual([0, 1]);
    expect(most!.previousToken).toBeGreaterThan(read!.previousToken);
    expect(most!.lost!.k.share).toBeLessThan(0.05);
    expect(read!.lost!.k.share).toBeGreaterThan(0.5);
    expect(read!.composition!.k).toBeGreaterThan(2 * most!.composition!.k);
    expect(result.order).toBe("previous-token first"); // the decoy attends so from the start
    expect(result.words.join(" ")).toMatch(
      /Head 1\.0 reads previous-token head 0\.1: without its path into the keys, \d+ % of the induction score is lost; 0\.0 attends more to the previous token \(1\.00 against \d\.\d+\)/,
    );
  });

  test("counts equal weight files once: a jump between two states that are copied makes no change point", async () => {
    const [early, late] = [STEPS[0]!, STEPS.at(-1)!];
    const states = STEPS.map((step, index) => ({ step, state: index < 9 ? early : late }));
    const hashed = (isHashed: boolean) =>
      states.map(({ step, state }) => ({
        step,
        open: async () => ({ ...(await modelAt(state)), sha256: isHashed ? `hash ${state}` : "" }),
      }));
    const options = { backend: await oneEngine(), ...ROWS };
    expect((await phaseRun(hashed(false), options)).change).not.toBeNull(); // the harm
    const result = await phaseRun(hashed(true), options);
    expect(phaseResult.parse(result)).toEqual(result);
    expect([result.change, result.p]).toEqual([null, null]);
    expect(result.steps).toEqual([early, late]);
    expect(result.warnings).toEqual([
      `steps ${STEPS.slice(1, 9).join(", ")} have the same weight files as step ${early} (equal hashes), so they count once, as step ${early}`,
      `steps ${STEPS.slice(9, -1).join(", ")} have the same weight files as step ${late} (equal hashes), so they count once, as step ${late}`,
      "2 checkpoints are too few to find a change in; 12 are the least",
    ]);
    const all = STEPS.slice(0, 8).map((step) => ({ step, open: hashed(true)[0]!.open }));
    const alone = await phaseRun(all, options);
    expect([alone.steps.length, alone.warnings.length]).toEqual([1, 2]);
  });

  test("says none where no head attends by induction", async () => {
    const result = await phaseRun(plantedRun({ induction: false }), {
      backend: await oneEngine(),
      ...ROWS,
    });
    expect([result.change, result.pair, result.order]).toEqual([null, null, "none"]);
    expect(result.words[0]).toMatch(
      /^No phase change: at the last checkpoint no head attends like induction/,
    );
  });

  test("has the scores and losses of `score` at each checkpoint", async () => {
    const backend = await oneEngine();
    const [step] = STEPS.slice(-1);
    const model = await modelAt(step!);
    const whole = await score(model, { backend, ...ROWS, lossExamples: "all" });
    const { curves } = await phaseRun([{ step: step!, open: async () => model }], {
      backend,
      ...ROWS,
    });
    const last = (of: number[][][]) => of.map((heads) => heads.map((curve) => curve.at(-1)));
    expect(last(curves.induction)).toEqual(whole.scores.induction);
    expect(last(curves.previousToken)).toEqual(whole.scores.previousToken);
    expect(curves.loss!.copyGain[0]).toBeCloseTo(whole.loss!.copyGain, 10);
  });

  test("has curves but no change from few checkpoints, and says so", async () => {
    const result = await phaseRun(plantedRun().slice(-3), { backend: await oneEngine(), ...ROWS });
    expect([result.change, result.p]).toEqual([null, null]);
    expect(result.warnings).toContain(
      "3 checkpoints are too few to find a change in; 12 are the least",
    );
  });

  test("has Olsson's score on a text that repeats, and says so where the context is too short", async () => {
    const backend = await oneEngine();
    const text = Array.from({ length: 1100 }, (_, index) => 1 + (((index % 90) * 37) % 97)).join(
      " ",
    );
    const encode = (words: string) => words.split(" ").map(Number);
    const withText = async (step: number) => {
      const model = await modelAt(step, { contextLength: 512 });
      return { ...model, tokenizer: async () => ({ encode }) as unknown as Tokenizer };
    };
    const checkpoints = [10, 3000].map((step) => ({ step, open: () => withText(step) }));
    const { curves } = await phaseRun(checkpoints, { backend, ...ROWS, text });
    const { early, late, earlyLoss, lateLoss, olsson } = curves.icl!;
    expect([early, late]).toEqual([50, 500]);
    olsson.forEach((score, index) =>
      expect(score).toBeCloseTo(lateLoss[index]! - earlyLoss[index]!, 9),
    );
    expect(Math.abs(olsson[0]!)).toBeLessThan(0.5);
    expect(olsson[1]!).toBeLessThan(-1);
    const short = await phaseRun(plantedRun().slice(-1), { backend, ...ROWS, text });
    expect(short.curves.icl).toBeNull();
    expect(short.warnings).toContain("icl.olsson needs 501 positions, the model has 64");
    const run = phaseRun(checkpoints, { backend, ...ROWS, text: "1 2 3" });
    await expect(run).rejects.toThrow("icl.olsson needs a text of 500 tokens, got 3");
  });

  test("opens one model at a time and closes each, the last first", async () => {
    const events: string[] = [];
    const checkpoints = plantedRun()
      .slice(0, 4)
      .map(({ step, open }) => ({
        step,
        open: async () => {
          events.push(`open ${step}`);
          const model = await open();
          return { ...model, close: async () => void events.push(`close ${step}`) };
        },
      }));
    await phaseRun(checkpoints, { backend: await oneEngine(), ...ROWS });
    const order = [3, 0, 1, 2].map((index) => STEPS[index]);
    expect(events).toEqual(order.flatMap((step) => [`open ${step}`, `close ${step}`]));
  });

  test("refuses no checkpoints, a step twice, and models of another shape", async () => {
    const backend = await oneEngine();
    const [first] = plantedRun();
    await expect(phaseRun([], { backend })).rejects.toThrow("phase needs checkpoints, got none");
    await expect(phaseRun([first!, first!], { backend })).rejects.toThrow("got two of step 10");
    const other = { step: 5, open: () => modelAt(5, { layers: 1, induction: false }) };
    await expect(phaseRun([first!, other], { backend, ...ROWS })).rejects.toThrow(
      "need one shape, but step 5 has layers 1 and not 2",
    );
  });

  test("stops between two checkpoints when it is told to", async () => {
    const controller = new AbortController();
    const progress = (_: string, done: number) => {
      if (done === 1) controller.abort();
    };
    const run = phaseRun(plantedRun(), {
      backend: await oneEngine(),
      ...ROWS,
      signal: controller.signal,
      progress,
    });
    await expect(run).rejects.toThrow(AbortError);
  });
});
