/** @file What `score` is asked for on encoders and models with several stacks. */
import { InputError } from "../../base/errors.ts";
import { stackRows, type StackRows } from "../../inputs/stackRows.ts";
import type { OptionNames } from "../../base/optionNames.ts";
import { lossExamplesOf } from "../common/lossExamples.ts";
import { GENERATED_INPUT, type GeneratedInput } from "../../inputs/scoreInput.ts";
import type { Model } from "../../models/family.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";

export interface ScoreStacksOptions extends GeneratedInput, StudyOptions {
  /** How many of the rows also give losses, in encoder-decoders; left out: 10, or all where there are fewer. */
  readonly lossExamples?: number | "all" | undefined;
  /** Heads of each part in the list of the best; left out: 5. */
  readonly topHeads?: number | undefined;
}

export const SCORE_STACKS_OPTIONS: OptionNames<ScoreStacksOptions> = {
  ...STUDY_OPTIONS,
  ...GENERATED_INPUT,
  lossExamples: true,
  topHeads: true,
};

export interface ScoreStacksPlan {
  readonly rows: StackRows;
  readonly lossExamples: number;
  readonly topHeads: number;
}

/** @throws {InputError} "range", "bos" or "options" for options that do not fit the model */
export function scoreStacksPlan(
  { program, architecture }: Model,
  options: ScoreStacksOptions,
): ScoreStacksPlan {
  const rows = stackRows(program, architecture, options);
  const { examples } = rows.info;
  const choice = options.lossExamples;
  const absent = rows.across ? (program.absent?.["logits"] ?? null) : NO_COPY;
  if (choice !== undefined && choice !== 0 && absent !== null)
    throw new InputError("options", `\`lossExamples\` needs a copy to be written: ${absent}`, {
      option: "lossExamples",
    });
  const most = lossExamplesOf(choice, examples);
  return { rows, lossExamples: absent === null ? most : 0, topHeads: options.topHeads ?? 5 };
}

const NO_COPY = "no decoder of this model writes what an encoder of tokens reads";
