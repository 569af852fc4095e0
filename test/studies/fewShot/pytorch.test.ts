/**
 * @file Function-vector scores and few-shot accuracies of two real models against PyTorch: fixtures that
 * tools/make_few_shot_goldens.py wrote, which reads the prompts as text. FEW_SHOT_ROWS=1 writes the prompts of the fixtures in place of
 * comparing.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bosFor } from "../../../src/inputs/scoreInput.ts";
import type { AskedRow } from "../../../src/interventions/lastTokenRuns.ts";
import type { LoadedModel } from "../../../src/models/loadedModel.ts";
import { openModel } from "../../../src/models/open.ts";
import { fewShot } from "../../../src/studies/fewShot/fewShot.ts";
import { taskPrompts } from "../../../src/studies/fewShot/functionVectors.ts";
import { fewShotPlan } from "../../../src/studies/fewShot/plan.ts";
import {
  fewShotPrompts,
  fewShotTasks,
  type FewShotSource,
} from "../../../src/studies/fewShot/prompts.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { shared, unlessShared } from "../../shared.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/fewShot");
/** Float32 on both sides, and weights that the reference reads out of the same file. */
const TOLERANCE = 2e-3;
const OPTIONS = {
  ...{ tasks: ["opposites", "capitals", "pastTense"], numExamples: 8, seed: 7 },
  ...{ percent: [5, 20], exclude: 0, randomSets: 2 },
};
const writes = process.env["FEW_SHOT_ROWS"] !== undefined;
const isAskedFor = writes || process.env["FEW_SHOT_PYTORCH"] !== undefined;
const unasked = isAskedFor ? "" : " (SKIPPED: FEW_SHOT_PYTORCH is not set)";

const MODELS = [
  ["smollm2-135m", "SmolLM2-135M-Instruct.Q4_1.gguf"],
  ["gemma3-270m", "gemma-3-270m.v40960.Q4_K_M.gguf"],
] as const;

interface Answers {
  readonly accuracy: number;
  readonly probability: number;
}

interface TaskRows {
  readonly name: string;
  readonly clean: readonly AskedRow[];
  readonly shuffled: readonly AskedRow[];
  readonly tested: readonly AskedRow[];
}

interface Golden {
  readonly tasks: readonly (TaskRows & { readonly shuffledProbability: number })[];
  readonly scores: number[][];
  readonly clean: Answers;
  readonly curve: readonly (Answers & { readonly heads: string[] })[];
}

const fixtureOf = (name: string) => join(FIXTURES, `${name}.json`);
const goldenOf = (name: string) => JSON.parse(readFileSync(fixtureOf(name), "utf8")) as Golden;

/** The prompts of `few-shot` with these options. */
async function rowsOf(model: LoadedModel): Promise<TaskRows[]> {
  const plan = fewShotPlan(OPTIONS);
  const { contextLength } = model.architecture;
  const { bosToken: bos } = bosFor(model.architecture, "auto");
  const tokenizer = (await model.tokenizer())!;
  const source: FewShotSource = { ...plan, tokenizer, bos, contextLength };
  const found = fewShotTasks(source, plan.tasks);
  if (typeof found === "string") throw new Error(found);
  return found.tasks.map((task) => ({
    name: task.name,
    ...taskPrompts(source, task, { clean: plan.scored, shuffled: plan.scored }),
    tested: fewShotPrompts(source, task, { half: "tested", count: plan.examples, stream: 3 }),
  }));
}

describe("few-shot equals PyTorch", () => {
  for (const [name, file] of MODELS) {
    const { skip, note } = unlessShared("data", name, file);
    test.skipIf(skip || !isAskedFor)(
      `of ${name}, for every head and along a curve${note}${unasked}`,
      async () => {
        const model = await openModel(shared("data", name, file)!);
        const tasks = await rowsOf(model);
        if (writes) {
          mkdirSync(FIXTURES, { recursive: true });
          const { percent } = OPTIONS;
          writeFileSync(fixtureOf(name), `${JSON.stringify({ percent, tasks })}\n`);
          return await model.close();
        }
        const golden = goldenOf(name);
        expect(golden.tasks).toMatchObject(tasks);
        const result = await fewShot(model, { ...OPTIONS, backend: await oneEngine() });
        await model.close();
        const apart = result.functionVector.scores.flatMap((layer, at) =>
          layer.map((score, head) => Math.abs(score - golden.scores[at]![head]!)),
        );
        expect(Math.max(...apart)).toBeLessThan(TOLERANCE);
        result.tasks.forEach(({ shuffled }, at) =>
          expect(shuffled.probability).toBeCloseTo(golden.tasks[at]!.shuffledProbability, 3),
        );
        const [curve] = result.curves;
        const ours = [result.clean, ...curve!.points];
        const theirs = [golden.clean, ...golden.curve];
        ours.forEach(({ accuracy, probability }, at) => {
          expect(accuracy).toBe(theirs[at]!.accuracy);
          expect(Math.abs(probability - theirs[at]!.probability)).toBeLessThan(TOLERANCE);
        });
        expect(curve!.points.map(({ heads }) => heads.toSorted())).toEqual(
          golden.curve.map(({ heads }) => heads.toSorted()),
        );
      },
      300_000,
    );

    test(`has a fixture of ${name} in which heads differ, so that an agreement means something`, () => {
      const { scores, clean, curve } = goldenOf(name);
      expect(Math.max(...scores.flat())).toBeGreaterThan(5 * TOLERANCE);
      expect(Math.min(...curve.map(({ accuracy }) => accuracy))).toBeLessThan(clean.accuracy);
    });
  }
});
