/** @file Few-shot prompts, function-vector scores and curves, against cases whose answer is known. */
import { describe, expect, test } from "vitest";
import { tensor, type Tensor } from "../../../src/base/tensor.ts";
import { headName } from "../../../src/base/headName.ts";
import { allHeads } from "../../../src/interventions/headNames.ts";
import type { LastTokenRuns } from "../../../src/interventions/lastTokenRuns.ts";
import { openModel } from "../../../src/models/open.ts";
import type { LoadedModel } from "../../../src/models/loadedModel.ts";
import { headCurves } from "../../../src/studies/fewShot/curves.ts";
import { fewShot } from "../../../src/studies/fewShot/fewShot.ts";
import { functionVectors } from "../../../src/studies/fewShot/functionVectors.ts";
import { fewShotPlan } from "../../../src/studies/fewShot/plan.ts";
import {
  fewShotPrompts,
  fewShotTasks,
  type FewShotSource,
} from "../../../src/studies/fewShot/prompts.ts";
import { fewShotResult } from "../../../src/studies/fewShot/result.ts";
import { pointLine } from "../../../src/studies/fewShot/view.ts";
import { WORD_TASKS } from "../../../src/studies/fewShot/tasks.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { wordTokenizer } from "./wordTokenizer.ts";

const SHOTS = 4;
const sourceWith = (changes: Partial<FewShotSource> = {}): FewShotSource => ({
  ...{ tokenizer: wordTokenizer(1000), bos: 0, shots: SHOTS, seed: 3, contextLength: 256 },
  ...changes,
});

describe("word tasks", () => {
  test("have no word twice among their questions, and enough pairs for ten examples in each half", () => {
    for (const { pairs } of WORD_TASKS) {
      expect(new Set(pairs.map(([word]) => word)).size).toBe(pairs.length);
      expect(pairs.length).toBeGreaterThanOrEqual(40);
    }
  });
});

describe("fewShotPrompts", () => {
  const source = sourceWith();
  const found = fewShotTasks(source, WORD_TASKS);
  if (typeof found === "string") throw new Error(found);
  const [opposites] = found.tasks as [(typeof found.tasks)[0]];
  const text = (tokens: readonly number[]) => wordTokenizer(1000).decode(tokens.slice(1));

  test("are examples and a question, each word in its own half", () => {
    const [prompt] = fewShotPrompts(source, opposites, { half: "tested", count: 1 });
    const lines = text(prompt!.tokens).split("\n\n");
    expect(lines).toHaveLength(SHOTS + 1);
    const pairs = new Map(WORD_TASKS[0]!.pairs);
    for (const line of lines.slice(0, SHOTS)) {
      const [, word, answer] = /^Q: (\w+)\nA: (\w+)$/.exec(line)!;
      expect(pairs.get(word!)).toBe(answer);
    }
    const [, word] = /^Q: (\w+)\nA:$/.exec(lines[SHOTS]!)!;
    expect(wordTokenizer(1000).decode([prompt!.answer])).toBe(` ${pairs.get(word!)}`);
    expect(prompt!.tokens).toHaveLength(found.length);
    const words = (half: "scored" | "tested") => opposites.pairs[half].map(([first]) => first);
    expect(words("scored").filter((each) => words("tested").includes(each))).toEqual([]);
  });

  test("have the same words and answers where these are shuffled, in other places", () => {
    const both = [false, true].map((shuffled) =>
      fewShotPrompts(source, opposites, { half: "scored", count: 8, shuffled, stream: 2 }),
    ) as [ReturnType<typeof fewShotPrompts>, ReturnType<typeof fewShotPrompts>];
    both[0].forEach(({ tokens, answer }, at) => {
      const other = both[1][at]!;
      expect(other.answer).toBe(answer);
      expect([...other.tokens].sort()).toEqual([...tokens].sort());
    });
    const equal = both[0].filter(({ tokens }, at) => text(tokens) === text(both[1][at]!.tokens));
    expect(equal.length).toBeLessThan(4);
  });

  test("are refused in a sentence where words are no single tokens, and where there is no room", () => {
    const letters = { encode: (line: string) => Array.from(line, (sign) => sign.codePointAt(0)!) };
    expect(fewShotTasks(sourceWith({ tokenizer: letters }), WORD_TASKS)).toMatch(
      /no word task of which the tokenizer has 12 pairs as single tokens/,
    );
    expect(fewShotTasks(sourceWith({ contextLength: 20 }), WORD_TASKS)).toMatch(
      /prompts of 4 examples take \d+ tokens, and the model has 20 positions/,
    );
    const half = fewShotTasks(sourceWith({ tokenizer: wordTokenizer(150) }), WORD_TASKS);
    if (typeof half === "string") throw new Error(half);
    expect(half.skipped.length).toBeGreaterThan(0);
    expect(half.skipped[0]!.why).toMatch(/both words are one token in \d+ of its pairs/);
  });
});

describe("functionVectors", () => {
  const CUE = 7;
  const STRENGTH = 3;
  const VOCABULARY = 50;
  /**
   * Heads of one layer with one entry each, by what they put out at the last token: 0 reads the cue, which clean prompts have, and its
   * entry raises the answer; 1 reads it too, and nothing reads its entry; 2 puts out 1 whatever it sees; 3 puts out the last token.
   */
  const outputsOf = (tokens: readonly number[]) => {
    const cue = tokens.includes(CUE) ? 1 : 0;
    return [cue, cue, 1, tokens.at(-1)! / 100];
  };
  const probability = (outputs: readonly number[]) => {
    const logit = STRENGTH * outputs[0]! + outputs[2]! + outputs[3]!;
    return Math.exp(logit) / (Math.exp(logit) + VOCABULARY - 1);
  };
  const asTensor = (values: readonly number[]): Tensor =>
    tensor(["head", "d_head"], [values.length, 1], Float32Array.from(values));
  const runs: LastTokenRuns = {
    outputs: (tokens) => Promise.resolve([asTensor(outputsOf(tokens))]),
    answers: ({ tokens }, changes, [source]) =>
      Promise.resolve(
        changes.map((heads) => {
          const outputs = outputsOf(tokens);
          for (const { head } of heads) outputs[head] = source!.data[head]!;
          return { probability: probability(outputs), isFirst: false };
        }),
      ),
    close: () => Promise.resolve(),
  };
  const heads = Array.from({ length: 4 }, (_, head) => ({ layer: 0, head }));
  const prompts = (cue: readonly number[], count: number) =>
    Array.from({ length: count }, (_, at) => ({ tokens: [20 + at, ...cue, 30], answer: 1 }));

  test("give the ideal head its closed form, and impostors 0", async () => {
    const task = { clean: prompts([CUE], 3), shuffled: prompts([], 4) };
    const { gains, before } = await functionVectors(runs, heads, [task], {});
    const base = probability([0, 0, 1, 0.3]);
    expect(before).toHaveLength(4);
    for (const value of before) expect(value).toBeCloseTo(base, 12);
    for (const gain of gains[0]![0]!)
      expect(gain).toBeCloseTo(probability([1, 0, 1, 0.3]) - base, 6);
    for (const head of [1, 2, 3])
      for (const gain of gains[0]![head]!) expect(gain).toBeCloseTo(0, 6);
  });

  test("patch in the mean over clean prompts of the same task, and give the mean over tasks for curves", async () => {
    const half = { clean: [...prompts([CUE], 1), ...prompts([], 1)], shuffled: prompts([], 1) };
    const none = { clean: prompts([], 2), shuffled: prompts([], 1) };
    const { gains, means } = await functionVectors(runs, heads, [half, none], {});
    expect(gains[0]![0]![0]).toBeCloseTo(
      probability([0.5, 0, 1, 0.3]) - probability([0, 0, 1, 0.3]),
      6,
    );
    expect(gains[0]![0]![1]).toBe(0);
    expect(means[0]!.data[0]).toBeCloseTo(0.25, 6);
  });
});

describe("headCurves", () => {
  /** Heads 0 to 3 of a layer are best by function vector in its order; induction is best where that is worst, and 0.0 is best by both. */
  const heads = Array.from({ length: 40 }, (_, at) => ({
    ...{ layer: Math.floor(at / 10), head: at % 10, functionVector: 40 - at },
    induction: at === 0 ? 1 : at / 40,
  }));
  const plan = fewShotPlan({ percent: [5, 10], exclude: 5, randomSets: 5 });

  test("ablate the best of one kind, with and without those of the other, beside as many of each layer", () => {
    const curves = headCurves(heads, plan);
    expect(curves.map(({ kind, excluded }) => [kind, excluded.map(headName)])).toEqual([
      ["functionVector", []],
      ["functionVector", ["0.0", "3.9"]],
      ["induction", []],
      ["induction", ["0.0", "0.1"]],
    ]);
    const names = (curve: number, point: number) =>
      curves[curve]!.points[point]!.heads.map(headName);
    expect(names(0, 1)).toEqual(["0.0", "0.1", "0.2", "0.3"]);
    expect(names(1, 1)).toEqual(["0.1", "0.2", "0.3", "0.4"]);
    expect(names(2, 0)).toEqual(["0.0", "3.9"]);
    expect(names(3, 0)).toEqual(["3.9", "3.8"]);
    for (const { points } of curves)
      for (const { heads: removed, random } of points) {
        const best = ["0.0", "0.1", "3.9"];
        const layersOf = (set: typeof removed) => set.map(({ layer }) => layer).sort();
        for (const set of random) {
          expect(layersOf(set)).toEqual(layersOf(removed));
          const drawn = set.map(headName);
          expect(
            drawn.filter((name) => best.includes(name) || removed.map(headName).includes(name)),
          ).toEqual([]);
        }
        expect(random.length).toBeGreaterThanOrEqual(3);
      }
  });

  test("have no set twice where two shares are as many heads, and one pair of curves where none is excluded", () => {
    const curves = headCurves(heads.slice(0, 8), fewShotPlan({ exclude: 0 }));
    expect(curves).toHaveLength(2);
    expect(curves[0]!.points.map((point) => point.heads.length)).toEqual([1]);
  });
});

test("an accuracy is drawn with bounds from 0 to 1, whatever is lost", () => {
  const point = { heads: ["1.0"], probability: 0.1, random: null };
  const points = [
    { ...point, percent: 5, accuracy: 0.1, lost: 0.8, interval: [0.65, 0.95] as [number, number] },
    { ...point, percent: 9, accuracy: 0.9, lost: 0, interval: [-0.2, 0.2] as [number, number] },
  ];
  const { points: drawn } = pointLine({ kind: "induction", excluded: [], points }, 0.9);
  expect(drawn.slice(1).map(({ low, high }) => [low, high])).toEqual([
    [0, 0.25],
    [expect.closeTo(0.7, 12), 1],
  ]);
});

describe("fewShot(model, options)", () => {
  const modelWithWords = async (size = 256): Promise<LoadedModel> => ({
    ...(await openModel("planted:induction")),
    tokenizer: () => Promise.resolve(wordTokenizer(size)),
  });

  test("is a Result of its schema, the same twice, whose base and scores are those of its prompts", async () => {
    const backend = await oneEngine();
    const model = await modelWithWords();
    const options = { backend, tasks: ["opposites"], shots: SHOTS, numExamples: 10, randomSets: 3 };
    const result = await fewShot(model, options);
    const again = await fewShot(model, options);
    expect(fewShotResult.parse(result)).toEqual(result);
    const { timings: _, environment: __, ...first } = result;
    expect(again).toMatchObject(first);
    expect(result.functionVector.prompts).toBe(5);
    expect(result.functionVector.scores.flat()).toHaveLength(allHeads(model.architecture).length);
    for (const { points } of result.curves)
      for (const { accuracy, lost } of points)
        expect(result.clean.accuracy - lost).toBeCloseTo(accuracy, 12);
    expect(result.prompt.startsWith("Q: ")).toBe(true);
    await model.close();
  });

  test("refuses a model without words or without room, and options that do not fit, in sentences", async () => {
    const model = await openModel("planted:induction");
    await expect(fewShot(model)).rejects.toThrow("there is no tokenizer beside the model");
    await expect(fewShot(await modelWithWords(40))).rejects.toThrow(
      /few-shot: there is no word task/,
    );
    await expect(fewShot(model, { tasks: ["oposites"] })).rejects.toThrow("did you mean opposites");
    await expect(fewShot(model, { percent: [60] })).rejects.toThrow("from 0 to 50, got 60");
    await expect(fewShot(model, { exclude: -1 })).rejects.toThrow("from 0 to 50 %, got -1");
    await expect(fewShot(await openModel("planted:mamba"))).rejects.toThrow("other means");
    await model.close();
  });
});
