/** @file What `score` is asked for: its options, and the plan with every default in place. */
import { InputError } from "../../base/errors.ts";
import type { Architecture } from "../../models/family.ts";
import {
  DEFAULTS,
  generatedRows,
  ownRows,
  GENERATED_INPUT,
  type GeneratedInput,
  type OwnTokens,
  type RepeatedRows,
} from "../../inputs/scoreInput.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import type { SeedOptions } from "../common/overSeeds.ts";
import type { OptionNames } from "../../base/optionNames.ts";

export interface ScoreOptions extends GeneratedInput, SeedOptions, StudyOptions {
  /** Measure these rows in place of generated ones. */
  readonly rows?: OwnTokens | undefined;
  /**
   * Half-width to reach for the scores of all heads at once, such as .02: sequences are drawn until then, and no more than
   * `numExamples` (left out: 400).
   */
  readonly precision?: number | undefined;
  /** How many of the rows also give losses; left out: 10, or all where there are fewer. */
  readonly lossExamples?: number | "all" | undefined;
  /** Heads in the list of the best; left out: 5. */
  readonly topHeads?: number | undefined;
}

export const SCORE_OPTIONS: OptionNames<ScoreOptions> = {
  ...STUDY_OPTIONS,
  ...GENERATED_INPUT,
  rows: true,
  precision: true,
  lossExamples: true,
  topHeads: true,
  seeds: true,
};

/** What is asked for, with every default in place. */
export interface ScorePlan {
  readonly rows: RepeatedRows;
  readonly precision: number | null;
  readonly lossExamples: number;
  readonly topHeads: number;
  readonly seed: number;
}

const LOSS_EXAMPLES = 10;
const MOST_FOR_PRECISION = 400;

/** @throws {InputError} "range" and "options" for options that fit neither the model nor each other, "tokens" for own rows */
export async function scorePlan(
  architecture: Architecture,
  options: ScoreOptions,
): Promise<ScorePlan> {
  const { rows: own, precision = null } = options;
  if (precision !== null) checkPrecision(precision, own !== undefined);
  const usual = precision === null ? DEFAULTS.numExamples : MOST_FOR_PRECISION;
  const rows = own ? await ownRows(architecture, own) : generatedRows(architecture, options, usual);
  return {
    rows,
    precision,
    lossExamples: lossExamplesOf(options.lossExamples, rows.info.examples),
    topHeads: options.topHeads ?? 5,
    seed: options.seed ?? DEFAULTS.seed,
  };
}

function checkPrecision(precision: number, own: boolean): void {
  if (own)
    throw new InputError(
      "options",
      "`precision` draws as many sequences as it needs, so it cannot be combined with `rows`",
      { option: "precision" },
    );
  if (precision > 0 && precision < 1) return;
  throw new InputError(
    "range",
    `\`precision\` needs a half-width between 0 and 1, got ${precision}`,
    { option: "precision" },
  );
}

/** The default shrinks to what there is; a number that was asked for does not. */
function lossExamplesOf(asked: number | "all" | undefined, examples: number): number {
  if (asked === "all") return examples;
  if (asked === undefined) return Math.min(LOSS_EXAMPLES, examples);
  if (Number.isInteger(asked) && asked >= 0 && asked <= examples) return asked;
  throw new InputError(
    "range",
    `losses need \`lossExamples\` from 0 to all ${examples} examples, got ${asked}`,
    { option: "lossExamples" },
  );
}
