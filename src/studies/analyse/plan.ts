/** @file What `analyse` is asked for: its options, and the plan with every default in place. */
import { generatedRows, GENERATED_INPUT, type GeneratedInput } from "../../inputs/scoreInput.ts";
import type { Architecture } from "../../models/family.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import type { OptionNames } from "../../base/optionNames.ts";
import { checkWholeNumber } from "../../base/checkWholeNumber.ts";

/** How many heads, best by attribution patching, are patched exactly beside random others; "all": every head. */
export type HeadScreen = number | "all";

export interface AnalyseOptions extends GeneratedInput, StudyOptions {
  /** Left out: all heads of a model with up to 64, else 20. */
  readonly screen?: HeadScreen | undefined;
}

export const ANALYSE_OPTIONS: OptionNames<AnalyseOptions> = {
  ...STUDY_OPTIONS,
  ...GENERATED_INPUT,
  screen: true,
};

/** What is asked for, with every default in place. */
export interface AnalysePlan {
  /** Length, seed and BOS of all rows. */
  readonly input: GeneratedInput;
  /** Rows of each part; a number that is asked for holds for all but the test and the one sequence of `attention`. */
  readonly rows: {
    readonly test: number;
    readonly score: number;
    readonly patch: number;
    /** Left out: as many as `lens` takes. */
    readonly lens: number | undefined;
    readonly attention: number;
  };
  /** Heads whose attention is shown. */
  readonly shownHeads: number;
  /** Heads to patch exactly; null: every head. */
  readonly screen: number | null;
}

const SEQ_LEN = 32;
/** A model with more heads than this is screened unless asked otherwise: its exact sweep takes minutes. */
const MOST_EXACT = 64;
const SCREEN = 20;

/** @throws {InputError} "range" for a screen that is not a whole number from 1 on, or sizes that do not fit */
export function analysePlan(
  architecture: Architecture,
  { seqLen, numExamples, seed, bos, screen }: AnalyseOptions,
): AnalysePlan {
  return {
    input: { seqLen: seqLen ?? roomFor(architecture, { seed, bos }), seed, bos },
    rows: {
      test: 100,
      score: numExamples ?? 30,
      patch: numExamples ?? 10, // a sweep's cost; as many as an interval takes
      lens: numExamples,
      attention: 1,
    },
    shownHeads: 4,
    screen: screenOf(architecture, screen),
  };
}

/** The default length shrinks to the model's room; one that was asked for does not. */
function roomFor(architecture: Architecture, input: GeneratedInput): number {
  return Math.min(SEQ_LEN, 2 * generatedRows(architecture, input, 1).period);
}

function screenOf(
  { layers, heads }: Architecture,
  screen: AnalyseOptions["screen"],
): AnalysePlan["screen"] {
  if (screen === "all") return null;
  if (screen === undefined) return layers * heads > MOST_EXACT ? SCREEN : null;
  checkWholeNumber("screen", screen, 1);
  return screen;
}
