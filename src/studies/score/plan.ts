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
import type { ScoreResult } from "./result.ts";
import { lossExamplesOf } from "../common/lossExamples.ts";

export interface ScoreOptions extends GeneratedInput, SeedOptions, StudyOptions {
  /** Measure these rows in place of generated ones. */
  readonly rows?: OwnTokens | undefined;
  /**
   * Half-width to reach for the scores of all heads at once, such as .02: sequences are drawn until then, at least 20 and no
   * more than `numExamples` (left out: 400). "auto": .02 for the best heads (`topHeads`), and no more than 100.
   */
  readonly precision?: number | "auto" | undefined;
  /** How many of the rows also give losses; left out: 10, or all where there are fewer. */
  readonly lossExamples?: number | "all" | undefined;
  /** Heads in the list of the best; left out: 5. */
  readonly topHeads?: number | undefined;
  /** Told the Result of the sequences that are measured so far, after each run: scores of all heads, without losses. */
  readonly soFar?: ((result: ScoreResult) => void) | undefined;
}

export const SCORE_OPTIONS: OptionNames<ScoreOptions> = {
  ...STUDY_OPTIONS,
  ...GENERATED_INPUT,
  rows: true,
  precision: true,
  lossExamples: true,
  topHeads: true,
  soFar: true,
  seeds: true,
};

/** What is asked for, with every default in place. */
export interface ScorePlan {
  readonly rows: RepeatedRows;
  readonly precision: PrecisionTarget | null;
  readonly lossExamples: number;
  readonly topHeads: number;
  readonly seed: number;
}

/** What to stop at. */
export interface PrecisionTarget {
  /** Half-width of the band. */
  readonly target: number;
  /** How many of the best heads it holds; undefined: all. */
  readonly top: number | undefined;
}

const TOP_HEADS = 5;
const AUTO_TARGET = 0.02;
const MOST_FOR_PRECISION = 400;

/** @throws {InputError} "range" and "options" for options that fit neither the model nor each other, "tokens" for own rows */
export async function scorePlan(
  architecture: Architecture,
  options: ScoreOptions,
): Promise<ScorePlan> {
  const { rows: own, precision = null } = options;
  if (precision !== null) checkPrecision(precision, own !== undefined);
  const usual = typeof precision === "number" ? MOST_FOR_PRECISION : DEFAULTS.numExamples;
  const topHeads = options.topHeads ?? TOP_HEADS;
  const rows = own ? await ownRows(architecture, own) : generatedRows(architecture, options, usual);
  return {
    rows,
    precision: targetOf(precision, topHeads),
    lossExamples: lossExamplesOf(options.lossExamples, rows.info.examples),
    topHeads,
    seed: options.seed ?? DEFAULTS.seed,
  };
}

function targetOf(precision: number | "auto" | null, topHeads: number): PrecisionTarget | null {
  if (precision === null) return null;
  if (precision === "auto") return { target: AUTO_TARGET, top: Math.max(1, topHeads) };
  return { target: precision, top: undefined };
}

function checkPrecision(precision: number | "auto", own: boolean): void {
  if (own)
    throw new InputError(
      "options",
      "`precision` draws as many sequences as it needs, so it cannot be combined with `rows`",
      { option: "precision" },
    );
  if (precision === "auto" || (precision > 0 && precision < 1)) return;
  throw new InputError(
    "range",
    `\`precision\` needs a half-width between 0 and 1, or auto, got ${precision}`,
    { option: "precision" },
  );
}
