/** @file What the detector is asked for: its options, and the plan with every default in place. */
import { InputError } from "../../base/errors.ts";
import type { BosChoice } from "../../inputs/scoreInput.ts";
import { FIXED_THRESHOLD } from "../../measure/thresholds.ts";
import { PATTERN_NAMES, type PatternName } from "../../text/patterns/generators.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import { checkOptionNames, type OptionNames } from "../../base/optionNames.ts";

export interface DetectorOptions extends StudyOptions {
  /** Heads whose overall score is at least this are detected; 0 to 1. Left out: .4. */
  readonly threshold?: number | undefined;
  /** Left out: "repeated". */
  readonly pattern?: PatternName | undefined;
  /** Tokens in the two copies together (`periodic`: in all copies); even. Left out: 64, less if the model has no room. */
  readonly seqLen?: number | undefined;
  /** Left out: 20. */
  readonly numExamples?: number | undefined;
  /** Left out: 0. */
  readonly seed?: number | undefined;
  /** Left out: "auto", on if the model declares a BOS id. */
  readonly bos?: BosChoice | undefined;
  /** `periodic`: copies of the block. Left out: 4. */
  readonly copies?: number | undefined;
}

export const DETECTOR_OPTIONS: OptionNames<DetectorOptions> = {
  ...STUDY_OPTIONS,
  threshold: true,
  pattern: true,
  seqLen: true,
  numExamples: true,
  seed: true,
  bos: true,
  copies: true,
};

/** What is asked for, with every default in place. */
export interface DetectorPlan {
  readonly threshold: number;
  readonly pattern: PatternName;
  /** Undefined: as much as the model has room for, up to 64. */
  readonly seqLen: number | undefined;
  readonly numExamples: number;
  readonly seed: number;
  readonly bos: BosChoice;
  readonly copies: number;
}

/** @throws {InputError} "range" for a threshold outside 0 to 1, "unknown-pattern" */
export function detectorPlan(options: DetectorOptions): DetectorPlan {
  checkOptionNames("inductionHeadDetector", options, DETECTOR_OPTIONS);
  const { threshold = FIXED_THRESHOLD, pattern = "repeated" } = options;
  if (!(threshold >= 0 && threshold <= 1))
    throw new InputError("range", `the detector needs a threshold from 0 to 1, got ${threshold}`);
  if (!PATTERN_NAMES.includes(pattern)) {
    const names = PATTERN_NAMES.join(", ");
    throw new InputError("unknown-pattern", `the detector knows ${names}, got ${String(pattern)}`);
  }
  return {
    threshold,
    pattern,
    seqLen: options.seqLen,
    numExamples: options.numExamples ?? 20,
    seed: options.seed ?? 0,
    bos: options.bos ?? "auto",
    copies: options.copies ?? 4,
  };
}
