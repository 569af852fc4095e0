/** @file What `compare` is asked for: its options, and the plan with every default in place. */
import { InputError } from "../../base/errors.ts";
import { GENERATED_INPUT, type GeneratedInput, type OwnTokens } from "../../inputs/scoreInput.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import type { OptionNames } from "../../base/optionNames.ts";

export interface CompareOptions extends GeneratedInput, StudyOptions {
  /** Measure these rows in place of generated ones. */
  readonly rows?: OwnTokens | undefined;
  /** Every model draws rows of its own, seed + its index; left out: only models that share no vocabulary do. */
  readonly separateRows?: boolean | undefined;
  /** Verdicts of every model, whose labels, flags and circuits are compared then; left out: none. */
  readonly verdicts?: "none" | "quick" | "full" | undefined;
  /** Difference of an attention score that still counts as none; left out: .01. */
  readonly margin?: number | undefined;
  /** The same of direct effects, logits; left out: .05. */
  readonly effectMargin?: number | undefined;
  /** False-discovery rate; left out: .05. */
  readonly level?: number | undefined;
}

export const COMPARE_OPTIONS: OptionNames<CompareOptions> = {
  ...STUDY_OPTIONS,
  ...GENERATED_INPUT,
  rows: true,
  separateRows: true,
  verdicts: true,
  margin: true,
  effectMargin: true,
  level: true,
};

export interface ComparePlan {
  readonly separateRows: boolean;
  readonly verdicts: "none" | "quick" | "full";
  readonly margin: number;
  readonly effectMargin: number;
  readonly level: number;
  readonly seed: number;
}

/** Rows where nobody says how many: enough for an interval that finds a difference of .05 in most heads. */
export const COMPARE_EXAMPLES = 50;

/** @throws {InputError} "options" for options that contradict each other, "range" for numbers out of range */
export function comparePlan(options: CompareOptions): ComparePlan {
  const { separateRows = false, verdicts = "none", rows } = options;
  if (rows && separateRows)
    throw new InputError(
      "options",
      "`rows` are the same for all models, so they cannot be combined with `separateRows`",
      { option: "separateRows" },
    );
  return {
    separateRows,
    verdicts,
    margin: inRange("margin", options.margin ?? 0.01, 0, 1),
    effectMargin: inRange("effectMargin", options.effectMargin ?? 0.05, 0, Infinity),
    level: inRange("level", options.level ?? 0.05, 0, 1),
    seed: options.seed ?? 0,
  };
}

function inRange(option: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  const range = most === Infinity ? `a number from ${least} on` : `from ${least} to ${most}`;
  throw new InputError("range", `\`${option}\` needs ${range}, got ${value}`, { option });
}
