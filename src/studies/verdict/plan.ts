/** @file What `verdict` is asked for: its options, and how much it measures. */
import { NULL_HEADS } from "../../measure/verdict/thresholds.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import type { SeedOptions } from "../common/overSeeds.ts";
import type { VerdictResult } from "./result.ts";
import type { ResumeLog } from "../../base/resumeLog.ts";
import type { RowCounts, VerdictInput } from "./verdictRows.ts";
import { GENERATED_INPUT } from "../../inputs/scoreInput.ts";
import type { OptionNames } from "../../base/optionNames.ts";

export interface VerdictOptions extends VerdictInput, SeedOptions, StudyOptions {
  /** Fewer sequences and null heads, no more than 12 candidates, paths into keys and queries only. Left out: false. */
  readonly quick?: boolean | undefined;
  /** Also says which heads matter for the copy gain, by Shapley values. Left out: false. */
  readonly matters?: boolean | undefined;
  /** Texts on whose own repeats the same heads are measured too. Left out: random tokens alone. */
  readonly texts?: readonly string[] | undefined;
  /**
   * Gets the verdict by attention alone once that is measured, of the first seed: all of its labels are final but those of the heads
   * in `screened.leftOut`, which attend like induction and are tested next. Not called where no head does. Left out: nothing is told.
   */
  readonly soFar?: ((byAttention: VerdictResult) => void) | undefined;
  /** Keeps what is done, so that an interrupted verdict resumes where it stopped. Left out: nothing is kept. */
  readonly log?: ResumeLog | undefined;
}

export const VERDICT_OPTIONS: OptionNames<VerdictOptions> = {
  ...STUDY_OPTIONS,
  ...GENERATED_INPUT,
  rows: true,
  quick: true,
  matters: true,
  seeds: true,
  texts: true,
  soFar: true,
  log: true,
};

/** How much is measured. */
export interface Extent {
  readonly counts: RowCounts;
  readonly nullHeads: number;
  readonly candidates: number;
  readonly routes: readonly ("k" | "q" | "v")[];
  /** Heads that get a Shapley value at most. */
  readonly players: number;
}

const FULL: Extent = {
  counts: { attention: 20, causal: 16, screening: 4, reference: 32, worth: 128 },
  nullHeads: NULL_HEADS,
  candidates: Infinity,
  routes: ["k", "q", "v"],
  players: 24,
};
const QUICK: Extent = {
  counts: { attention: 14, causal: 10, screening: 2, reference: 12, worth: 32 },
  nullHeads: 10,
  candidates: 12,
  routes: ["k", "q"],
  players: 12,
};

/** What is asked for, with every default in place. */
export interface VerdictPlan {
  readonly quick: boolean;
  readonly matters: boolean;
  readonly seed: number;
  readonly extent: Extent;
}

export function verdictPlan(options: VerdictOptions): VerdictPlan {
  const { quick = false, matters = false, seed = 0 } = options;
  return { quick, matters, seed, extent: extentOf(options, quick) };
}

/** A number of examples that was asked for holds for attention; causal runs take as many up to their own number. */
function extentOf({ numExamples, rows }: VerdictOptions, quick: boolean): Extent {
  const extent = quick ? QUICK : FULL;
  const count = rows ? rows.tokens.length : numExamples;
  if (count === undefined) return extent;
  const { counts } = extent;
  return {
    ...extent,
    counts: { ...counts, attention: count, causal: Math.min(count, counts.causal), worth: count },
  };
}
