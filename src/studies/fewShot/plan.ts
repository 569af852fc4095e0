/** @file What `few-shot` is asked for: its options, and the plan with every default in place. */
import { closest } from "fastest-levenshtein";
import { checkWholeNumber } from "../../base/checkWholeNumber.ts";
import { InputError } from "../../base/errors.ts";
import type { OptionNames } from "../../base/optionNames.ts";
import type { GeneratedInput } from "../../inputs/scoreInput.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import { WORD_TASKS, type WordTask } from "./tasks.ts";

export interface FewShotOptions
  extends Pick<GeneratedInput, "numExamples" | "seed" | "bos">, StudyOptions {
  /** Tasks by name. Left out: all. */
  readonly tasks?: readonly string[] | undefined;
  /** Examples before each question. Left out: 10. */
  readonly shots?: number | undefined;
  /** Shares of all heads that are ablated together, per cent, each one head at least. Left out: 2, 5, 10, 20. */
  readonly percent?: readonly number[] | undefined;
  /** Share of all heads, per cent: so many of the best of one kind are not ablated where the other kind is. Left out: 2. */
  readonly exclude?: number | undefined;
  /** Random sets of each size, as many heads of each layer. Left out: 10. */
  readonly randomSets?: number | undefined;
}

export const FEW_SHOT_OPTIONS: OptionNames<FewShotOptions> = {
  ...STUDY_OPTIONS,
  ...{ numExamples: true, seed: true, bos: true },
  ...{ tasks: true, shots: true, percent: true, exclude: true, randomSets: true },
};

export interface FewShotPlan {
  readonly tasks: readonly WordTask[];
  readonly shots: number;
  /** Prompts of each task for the curves. */
  readonly examples: number;
  /** Of each task for scores: with shuffled answers, and as many clean ones. */
  readonly scored: number;
  readonly percent: readonly number[];
  readonly exclude: number;
  readonly randomSets: number;
  readonly seed: number;
}

/** Examples before a question, as in the source. */
export const SHOTS = 10;
const EXAMPLES = 20;
const PERCENT = [2, 5, 10, 20];
const EXCLUDE = 2;
const RANDOM_SETS = 10;
/** The other half is for comparison. */
const MOST_PERCENT = 50;

/** @throws {InputError} "options" for a task that there is not, "range" for numbers that do not fit */
export function fewShotPlan({
  tasks = WORD_TASKS.map(({ name }) => name),
  shots = SHOTS,
  numExamples = EXAMPLES,
  percent = PERCENT,
  exclude = EXCLUDE,
  randomSets = RANDOM_SETS,
  seed = 0,
}: FewShotOptions): FewShotPlan {
  checkTasks(tasks);
  checkWholeNumber("shots", shots, 2);
  checkWholeNumber("numExamples", numExamples, 1);
  checkWholeNumber("randomSets", randomSets, 2);
  checkWholeNumber("seed", seed);
  checkPercent(percent);
  if (!(exclude >= 0 && exclude <= MOST_PERCENT))
    throw new InputError("range", `\`exclude\` is from 0 to ${MOST_PERCENT} %, got ${exclude}`, {
      option: "exclude",
    });
  return {
    tasks: WORD_TASKS.filter(({ name }) => tasks.includes(name)),
    ...{ shots, examples: numExamples, scored: Math.ceil(numExamples / 2) },
    percent: [...new Set(percent)].sort((a, b) => a - b),
    ...{ exclude, randomSets, seed },
  };
}

function checkTasks(tasks: readonly string[]): void {
  const names = WORD_TASKS.map(({ name }) => name);
  const unknown = tasks.find((task) => !names.includes(task));
  if (unknown !== undefined)
    throw new InputError(
      "options",
      `there is no task ${unknown}, did you mean ${closest(unknown, names)} (there are: ${names.join(", ")})`,
      { option: "tasks" },
    );
  if (tasks.length === 0)
    throw new InputError("options", "`tasks` needs at least one task, got none", {
      option: "tasks",
    });
}

function checkPercent(percent: readonly number[]): void {
  const wrong = percent.find((share) => !(share > 0 && share <= MOST_PERCENT));
  if (wrong !== undefined || percent.length === 0)
    throw new InputError(
      "range",
      `\`percent\` needs shares of all heads from 0 to ${MOST_PERCENT}, got ${wrong ?? "none"}`,
      { option: "percent" },
    );
}

/** So many heads are this share of all. */
export function headsInPercent(percent: number, all: number): number {
  return Math.max(1, Math.floor((percent / 100) * all));
}
