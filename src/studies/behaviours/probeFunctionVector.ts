/** @file Heads whose mean output over clean few-shot prompts brings back the answer where the examples are shuffled. */
import { allHeads } from "../../interventions/headNames.ts";
import { openLastTokenRuns } from "../../interventions/lastTokenRuns.ts";
import { mean } from "../../measure/mean.ts";
import { canRun } from "../common/canRun.ts";
import { functionVectors, taskPrompts } from "../fewShot/functionVectors.ts";
import { fewShotTasks } from "../fewShot/prompts.ts";
import { SHOTS } from "../fewShot/plan.ts";
import { WORD_TASKS } from "../fewShot/tasks.ts";
import type { BehaviourWords } from "./behaviourWords.ts";
import type { Probe } from "./probe.ts";
import { needsWords } from "./scene.ts";

/** Shuffled prompts of all tasks together, and clean ones of each. */
const MOST_PROMPTS = 20;
const CLEAN = 10;

const WORDS: BehaviourWords = {
  name: "functionVector",
  title: "function vector",
  formula:
    "P(answer | z at the last token is the head's mean over clean prompts of the task) - P(answer), on few-shot prompts with shuffled answers",
  source:
    "Todd et al. 2024 (arXiv:2310.15213), Yin & Steinhardt 2025 (arXiv:2502.14010); here five tasks of single-token words",
  kind: "difference",
};

export const FUNCTION_VECTOR: Probe = {
  name: "wordTasks",
  behaviours: [WORDS.name],
  measure: async ({ model, backend, source, tokenizer, options }) => {
    if (!tokenizer) return needsWords();
    const why = canRun("few-shot", model);
    if (why !== null) return why;
    const found = fewShotTasks({ ...source, tokenizer, shots: SHOTS }, WORD_TASKS);
    if (typeof found === "string") return found;
    const count = Math.max(
      1,
      Math.floor(Math.min(source.examples, MOST_PROMPTS) / found.tasks.length),
    );
    const prompts = found.tasks.map((task) =>
      taskPrompts({ ...source, tokenizer, shots: SHOTS }, task, { clean: CLEAN, shuffled: count }),
    );
    const runs = await openLastTokenRuns(model, backend, found.length);
    try {
      const { gains, before } = await functionVectors(
        runs,
        allHeads(model.architecture),
        prompts,
        options,
      );
      return {
        rows: {
          name: "wordTasks",
          layout: `${SHOTS} examples of a word task (${found.tasks.map(({ title }) => title).join(", ")}) with shuffled answers, and a question, whose answer gets ${(100 * mean(before)).toFixed(1)} % then`,
          length: found.length,
          examples: before.length,
          variants: ["shuffled"],
        },
        behaviours: [
          { words: WORDS, scene: "wordTasks", uniform: 0, scores: gains, controls: null },
        ],
      };
    } finally {
      await runs.close();
    }
  },
};
