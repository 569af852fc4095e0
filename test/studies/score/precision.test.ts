import { expect, test } from "vitest";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { studyText } from "../../../src/draw/studyText.ts";
import { scoreView } from "../../../src/studies/score/view.ts";
import { scoreResult } from "../../../src/studies/score/result.ts";
import { score } from "../../../src/studies/score/score.ts";
import { openModel } from "../../../src/models/open.ts";
import { shared, unlessShared } from "../../shared.ts";
import { oneEngine } from "../../interventions/engine.ts";

const engine = await oneEngine();
const model = await openPlanted("induction");
const same = (result: Awaited<ReturnType<typeof score>>) => ({
  ...result,
  timings: null,
  environment: null,
  precision: null,
});

test("score with a precision stops once all heads are within it, as if so many examples had been asked for", async () => {
  const result = await score(model, { backend: engine, precision: 0.02 });
  expect(scoreResult.safeParse(result).error).toBeUndefined();
  expect(result.precision).toMatchObject({ target: 0.02, reached: true });
  expect(result.precision!.halfWidth).toBeLessThanOrEqual(0.02);
  const { examples } = result.input;
  expect(examples % 10).toBe(0);
  expect(examples).toBeLessThan(400);
  expect(same(result)).toEqual(
    same(await score(model, { backend: engine, numExamples: examples })),
  );
  expect(studyText(scoreView(result))).toContain("(95\u00a0%; 0.02 was asked for)");
});

test("score with a precision needs more examples for less, and says when the most it may use do not suffice", async () => {
  const wide = await score(model, { backend: engine, precision: 0.1, lossExamples: 0 });
  expect(wide.input.examples).toBe(20);
  const short = await score(model, {
    backend: engine,
    precision: 0.00001,
    numExamples: 30,
    lossExamples: 0,
  });
  expect(short.input.examples).toBe(30);
  expect(short.precision).toMatchObject({ target: 0.00001, reached: false });
  expect(short.warnings.join()).toMatch(
    /a precision of 0.00001 was not reached: 30 examples give a half-width of 0\.\d+/,
  );
});

test("score with the precision auto stops once the best heads are within .02, with 20 to 100 examples", async () => {
  const all = await score(model, { backend: engine, precision: 0.02, lossExamples: 0 });
  const auto = await score(model, { backend: engine, precision: "auto", lossExamples: 0 });
  expect(scoreResult.safeParse(auto).error).toBeUndefined();
  expect(auto.precision).toMatchObject({ target: 0.02, heads: 5, reached: true });
  expect(auto.precision!.halfWidth).toBeLessThanOrEqual(0.02);
  const { examples } = auto.input;
  expect(examples).toBeGreaterThanOrEqual(20);
  expect(examples).toBeLessThanOrEqual(Math.min(100, all.input.examples));
  expect(same(auto)).toEqual(
    same(await score(model, { backend: engine, numExamples: examples, lossExamples: 0 })),
  );
  expect(studyText(scoreView(auto))).toContain("the best 5 heads are within ±");
  const options = { backend: engine, precision: "auto", lossExamples: 0, topHeads: 1 } as const;
  const { input, precision } = await score(model, options);
  expect(precision!.heads).toBe(1);
  expect(input.examples).toBeLessThanOrEqual(examples);
});

test("score without a precision says that none was asked for", async () => {
  const result = await score(model, { backend: engine, numExamples: 10, lossExamples: 0 });
  expect(result.precision).toBeNull();
});

test("score refuses a precision that is none, and one for rows that are given", async () => {
  for (const precision of [0, 1, -0.1, NaN])
    await expect(score(model, { backend: engine, precision })).rejects.toThrow(
      `\`precision\` needs a half-width between 0 and 1, or auto, got ${precision}`,
    );
  const own = { tokens: [[1, 2, 3, 1, 2, 3]], period: 3, bos: false };
  await expect(score(model, { backend: engine, precision: 0.1, rows: own })).rejects.toThrow(
    "it cannot be combined with `rows`",
  );
});

const SMOLLM2 = ["data", "smollm2-135m", "SmolLM2-135M-Instruct.Q4_1.gguf"] as const;
const smol = unlessShared(...SMOLLM2);
test.skipIf(smol.skip)(
  `score --precision 0.02 of SmolLM2's 270 heads takes at most 100 sequences${smol.note}`,
  async () => {
    const real = await openModel(shared(...SMOLLM2)!);
    const { precision, input, top } = await score(real, {
      backend: engine,
      precision: 0.02,
      lossExamples: 0,
    });
    await real.close();
    expect(precision).toMatchObject({ target: 0.02, reached: true });
    expect(input.examples).toBeLessThanOrEqual(100);
    expect(top.slice(0, 3).map(({ layer, head }) => `${layer}.${head}`)).toEqual([
      "18.6",
      "17.4",
      "17.3",
    ]);
  },
);
