/** @file What `phase` and `phaseRun` are asked for: options, and the plan of a run with every default in place. */
import type { ChangeOptions } from "../../measure/changePoint.ts";
import { GENERATED_INPUT, type GeneratedInput, type OwnTokens } from "../../inputs/scoreInput.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import type { PhaseCurves, PhaseHead, PhasePair, PhaseResult } from "./result.ts";
import type { OptionNames } from "../../base/optionNames.ts";

export interface PhaseOptions extends ChangeOptions {
  /** What the run is called. Left out: "run". */
  readonly id?: string | undefined;
  /** Go into the Result, before its own. */
  readonly warnings?: readonly string[] | undefined;
  /** Which previous-token head each induction head reads; left out: the one that attends most. */
  readonly pairOf?: ((induction: PhaseHead) => PhasePair | null) | undefined;
  /** Composition of the pair, once it is known; left out: that of the curves. */
  readonly compositionOf?:
    ((previous: PhaseHead, induction: PhaseHead) => PhaseCurves["composition"]) | undefined;
  /** Where the curves come from, for the Result. */
  readonly about?: Pick<PhaseResult, "model" | "input" | "environment" | "timings"> | undefined;
}

/** What is asked for, with every default in place. */
export interface PhasePlan {
  readonly id: string;
  readonly warnings: readonly string[];
  readonly about: NonNullable<PhaseOptions["about"]>;
  /** Changes are looked for at this rate of false discoveries. */
  readonly level: number;
  readonly search: ChangeOptions;
}

export function phasePlan(options: PhaseOptions): PhasePlan {
  const { id, warnings, pairOf: _, compositionOf: __, about, level = 0.05, ...search } = options;
  return {
    id: id ?? "run",
    warnings: warnings ?? [],
    about: about ?? { model: null, input: null, environment: null, timings: {} },
    level,
    search: { ...search, level },
  };
}

export interface PhaseRunOptions extends GeneratedInput, StudyOptions {
  /** What the run is called. */
  readonly id?: string | undefined;
  /** Measure these rows in place of generated ones; `numExamples` of those is 16 if left out. */
  readonly rows?: OwnTokens | undefined;
  /** A natural text for `icl.olsson`: windows of 501 tokens, as many as there are examples at most. */
  readonly text?: string | undefined;
  /**
   * Also how the model predicts in random Markov chains: of so many tokens, drawn for each row, or of these very tokens. Left out:
   * not measured.
   */
  readonly symbols?: number | readonly number[] | undefined;
  /** The loss in the run's own log. */
  readonly training?: PhaseCurves["training"] | undefined;
}

export const PHASE_RUN_OPTIONS: OptionNames<PhaseRunOptions> = {
  ...STUDY_OPTIONS,
  ...GENERATED_INPUT,
  id: true,
  rows: true,
  text: true,
  symbols: true,
  training: true,
};
