/** @file What `shapley` is asked for: its options, and the plan with every default in place. */
import { InputError } from "../../base/errors.ts";
import type { HeadChoice } from "../../base/headName.ts";
import type { ResumeLog } from "../../base/resumeLog.ts";
import { ABLATION_INPUT, type AblationInput } from "../../inputs/ablationRows.ts";
import type { CoalitionPlan } from "../../interventions/coalitionRuns.ts";
import { allHeads, headsCalled } from "../../interventions/headNames.ts";
import { MOST_EXACT } from "../../measure/shapley.ts";
import { shapleyDesign, type ShapleyDesign } from "../../measure/shapleyDesign.ts";
import type { Architecture } from "../../models/family.ts";
import { checkWholeNumber } from "../../base/checkWholeNumber.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import type { Replacement } from "../../results/causalNames.ts";
import type { OptionNames } from "../../base/optionNames.ts";

export interface ShapleyOptions extends AblationInput, StudyOptions {
  /** Heads that play, layer.head or layer.*; the others stay as they are. Left out: all heads of the model. */
  readonly heads?: readonly HeadChoice[] | undefined;
  /** What stands for a removed head. Default: sized-mean, which removes content and keeps size. */
  readonly kind?: Replacement | undefined;
  /** Orders that are drawn, each with its reverse, where heads are too many for all subsets. Left out: 16. */
  readonly pairs?: number | undefined;
  /** Share of the whole from which a head matters. Left out: .05. */
  readonly threshold?: number | undefined;
  /** What an interrupted study with the same model and options left behind. */
  readonly log?: ResumeLog | undefined;
}

export const SHAPLEY_OPTIONS: OptionNames<ShapleyOptions> = {
  ...STUDY_OPTIONS,
  ...ABLATION_INPUT,
  heads: true,
  kind: true,
  pairs: true,
  threshold: true,
  log: true,
};

export interface ShapleyPlan extends ShapleyDesign, CoalitionPlan {
  readonly threshold: number;
  readonly seed: number;
}

/** @throws {InputError} "unknown-head"; "range" for no heads, a share that is none, or too few pairs */
export function shapleyPlan(architecture: Architecture, options: ShapleyOptions): ShapleyPlan {
  const { heads: choices, kind = "sized-mean", pairs = 16, threshold = 0.05, seed = 0 } = options;
  const heads = choices ? headsCalled(choices, architecture, "heads") : allHeads(architecture);
  if (heads.length === 0)
    throw new InputError("range", "shapley needs at least one head, got none");
  if (!(threshold > 0 && threshold < 1))
    throw new InputError("range", `a threshold lies between 0 and 1, got ${threshold}`, {
      option: "threshold",
    });
  checkWholeNumber("pairs", pairs, 1);
  const design = shapleyDesign(heads.length, { pairs, seed, mostExact: MOST_EXACT });
  return { heads, kind, ...design, threshold, seed };
}
