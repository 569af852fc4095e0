/** @file What attribution patching is asked for: its options, and the plan with every default in place. */
import { InputError } from "../../base/errors.ts";
import { usualMetric } from "../../inputs/causalPrompts.ts";
import { PAIR_OPTIONS, type PairOptions } from "../../inputs/pair.ts";
import type { ResumeLog } from "../../base/resumeLog.ts";
import type { PatchMode } from "../../interventions/patchedRuns.ts";
import type { MetricName } from "../../results/causalNames.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import type { OptionNames } from "../../base/optionNames.ts";
import { checkWholeNumber } from "../../base/checkWholeNumber.ts";

/** Units that a gradient is contracted with. */
export const HEAD_UNITS = ["head-out", "head-q", "head-k", "head-v", "head-pattern"] as const;
export type HeadUnit = (typeof HEAD_UNITS)[number];

export interface AttributionOptions extends PairOptions, StudyOptions {
  /** Left out: all of them. */
  readonly units?: readonly HeadUnit[] | undefined;
  /** Also estimate every path from head to head and into the logits; left out: false. */
  readonly paths?: boolean | undefined;
  /** Left out: denoise. */
  readonly mode?: "denoise" | "noise" | undefined;
  /** Left out: log-probability, of prompts with wrong answers logit-difference. */
  readonly metric?: MetricName | undefined;
  /** Only changes of the metric and no effects, which need clean and corrupted runs that differ; left out: false. */
  readonly raw?: boolean | undefined;
  /** How many heads, best by the estimate of the first unit, are confirmed by exact runs; left out: none. */
  readonly screen?: number | undefined;
  /** Random other heads that are run exactly as well; left out: 10. */
  readonly controls?: number | undefined;
  /** Longest that the list of paths may be; left out: 20. */
  readonly topK?: number | undefined;
  /** What an interrupted screen with the same model and options left behind. */
  readonly log?: ResumeLog | undefined;
}

export const ATTRIBUTION_OPTIONS: OptionNames<AttributionOptions> = {
  ...STUDY_OPTIONS,
  ...PAIR_OPTIONS,
  units: true,
  paths: true,
  mode: true,
  metric: true,
  raw: true,
  screen: true,
  controls: true,
  topK: true,
  log: true,
};

/** What is asked for, with every default in place. */
export interface AttributionPlan {
  readonly metric: MetricName;
  readonly units: readonly HeadUnit[];
  readonly paths: boolean;
  readonly mode: PatchMode;
  readonly raw: boolean;
  /** Heads to confirm by exact runs; 0: none. */
  readonly screen: number;
  readonly controls: number;
  readonly topK: number;
  readonly seed: number;
}

/** @throws {InputError} "metric" for kl, "range" for a screen or controls that are not a count, or a raw screen */
export function attributionPlan(options: AttributionOptions): AttributionPlan {
  const { metric = usualMetric(options), screen, controls = 10, raw = false } = options;
  if (metric === "kl")
    throw new InputError(
      "metric",
      "attribution needs a metric that is one number for each sequence, got kl",
    );
  if (screen !== undefined) checkWholeNumber("screen", screen, 1);
  checkWholeNumber("controls", controls, 0);
  if (raw && screen !== undefined)
    throw new InputError("range", "a screen compares effects, so it cannot be raw");
  return {
    metric,
    units: options.units ?? HEAD_UNITS,
    paths: options.paths ?? false,
    mode: options.mode ?? "denoise",
    raw,
    screen: screen ?? 0,
    controls,
    topK: options.topK ?? 20,
    seed: options.seed ?? 0,
  };
}
