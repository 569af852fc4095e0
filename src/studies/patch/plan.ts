/** @file What `patch` is asked for: its options, and the plan with every default in place. */
import { headList, headName, headAt, type HeadChoice } from "../../base/headName.ts";
import { usualMetric } from "../../inputs/causalPrompts.ts";
import { PAIR_OPTIONS, type PairOptions } from "../../inputs/pair.ts";
import type { ResumeLog } from "../../base/resumeLog.ts";
import type { PatchMode } from "../../interventions/patchedRuns.ts";
import type { MetricName, UnitName } from "../../results/causalNames.ts";
import { checkThreshold, checkTopK } from "../common/checkShown.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import type { OptionNames } from "../../base/optionNames.ts";

export interface PatchOptions extends PairOptions, StudyOptions {
  /** What is patched; left out: head-out. */
  readonly unit?: UnitName | undefined;
  /** Patch each position by itself; left out: all positions together. */
  readonly byPosition?: boolean | undefined;
  /** Only these heads, layer.head (for keys and values layer.kvHead); left out: all. */
  readonly heads?: readonly HeadChoice[] | undefined;
  /** Patch each entry [query, key] of the patterns of `heads` by itself, not normalised again; left out: false. */
  readonly byCell?: boolean | undefined;
  /** Left out: denoise. */
  readonly mode?: "denoise" | "noise" | undefined;
  /** Left out: log-probability, of prompts with wrong answers logit-difference. */
  readonly metric?: MetricName | undefined;
  /** Only the metric of each run and no effects, which need clean and corrupted runs that differ; left out: false. */
  readonly raw?: boolean | undefined;
  /** Only these layers; left out: all. */
  readonly layers?: readonly number[] | undefined;
  /** Least size of an effect in the list of important components; left out: .02. */
  readonly threshold?: number | undefined;
  /** Longest that list may be; left out: 10. */
  readonly topK?: number | undefined;
  /** What an interrupted sweep with the same model and options left behind. */
  readonly log?: ResumeLog | undefined;
}

export const PATCH_OPTIONS: OptionNames<PatchOptions> = {
  ...STUDY_OPTIONS,
  ...PAIR_OPTIONS,
  unit: true,
  byPosition: true,
  heads: true,
  byCell: true,
  mode: true,
  metric: true,
  raw: true,
  layers: true,
  threshold: true,
  topK: true,
  log: true,
};

/** What is asked for, with every default in place. */
export interface PatchPlan {
  readonly unit: UnitName;
  readonly byPosition: boolean;
  readonly byCell: boolean;
  /** Names of the chosen heads; null: all. */
  readonly heads: readonly string[] | null;
  readonly layers: readonly number[] | null;
  readonly mode: PatchMode;
  readonly metric: MetricName;
  readonly raw: boolean;
  readonly threshold: number;
  readonly topK: number;
}

/** @throws {InputError} "range" for a size below 0 or a list of nothing */
export function patchPlan({ byCell = false, ...options }: PatchOptions): PatchPlan {
  checkThreshold(options.threshold);
  checkTopK(options.topK);
  return {
    unit: options.unit ?? (byCell ? "head-pattern" : "head-out"),
    byPosition: options.byPosition ?? false,
    byCell,
    heads: options.heads
      ? [...new Set(headList(options.heads).map((head) => headName(headAt(head))))]
      : null,
    layers: options.layers ?? null,
    mode: options.mode ?? "denoise",
    metric: options.metric ?? usualMetric(options),
    raw: options.raw ?? false,
    threshold: options.threshold ?? 0.02,
    topK: options.topK ?? 10,
  };
}
