/** @file What `ablate` is asked for: its options, and the plan with every default in place. */
import type { MediaFile } from "../../inputs/media/mediaInputs.ts";
import { InputError } from "../../base/errors.ts";
import type { HeadAt, HeadChoice } from "../../base/headName.ts";
import type { ResumeLog } from "../../base/resumeLog.ts";
import { allHeads, headsCalled } from "../../interventions/headNames.ts";
import type { Architecture } from "../../models/family.ts";
import type { AblationKind } from "../../results/causalNames.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import { curvePlan, type CurveOptions, type CurvePlan } from "./ablationCurve.ts";
import { ABLATION_INPUT, type AblationInput } from "../../inputs/ablationRows.ts";
import { idealJobs, type IdealJob } from "./idealPatterns.ts";
import type { OptionNames } from "../../base/optionNames.ts";

export interface MinimalOptions {
  /** Share of what repetition helps that has to go, or to stay; left out: .8. */
  readonly share?: number | undefined;
}

export interface AblateOptions extends AblationInput, StudyOptions {
  /** Left out: mean. */
  readonly kind?: AblationKind | undefined;
  /** Also ablate each head of the model alone; left out: only if nothing else is asked for. */
  readonly eachHead?: boolean | undefined;
  /** Sets of heads, layer.head, ablated together. */
  readonly sets?: readonly (readonly HeadChoice[])[] | undefined;
  /** Heads that are ablated in every run. */
  readonly alwaysAblate?: readonly HeadChoice[] | undefined;
  /** Heads whose patterns are replaced by exact ones, one pattern at a time. */
  readonly idealise?: readonly HeadChoice[] | undefined;
  /** Ablate heads one after the other in the order of their induction scores, beside random sets. */
  readonly curve?: CurveOptions | undefined;
  /** Look for small sets that copying needs and that are enough for it. */
  readonly minimal?: MinimalOptions | undefined;
  /** PNG or JPEG files for a model that sees, which `ablateStacks` takes: refused for decoders. */
  readonly images?: readonly MediaFile[] | undefined;
  /** The id that hides a token, for an encoder of text, which `ablateStacks` takes: refused for decoders. */
  readonly maskToken?: number | undefined;
  /** What an interrupted sweep with the same model and options left behind. */
  readonly log?: ResumeLog | undefined;
}

export const ABLATE_OPTIONS: OptionNames<AblateOptions> = {
  ...STUDY_OPTIONS,
  ...ABLATION_INPUT,
  kind: true,
  eachHead: true,
  sets: true,
  alwaysAblate: true,
  idealise: true,
  curve: true,
  minimal: true,
  images: true,
  maskToken: true,
  log: true,
};

/** What is asked for, with every default in place. */
export interface AblationPlan {
  readonly kind: AblationKind;
  /** Heads that are ablated in every run, also in the one that the others are compared with. */
  readonly baseHeads: readonly HeadAt[];
  readonly each: readonly HeadAt[];
  readonly sets: readonly (readonly HeadAt[])[];
  readonly ideal: readonly IdealJob[];
  readonly curve: CurvePlan | null;
  /** Share that a minimal set has to take or leave; null: none is looked for. */
  readonly minimalShare: number | null;
  /** Heads by induction score, best first; empty if nobody asks. */
  readonly byScore: readonly HeadAt[];
}

/** What of a plan needs no scores. */
export type AblationChoice = Omit<AblationPlan, "curve" | "byScore">;

/** @throws {InputError} "unknown-head"; "range" for a share that is none */
export function ablationChoice(architecture: Architecture, options: AblateOptions): AblationChoice {
  const { kind = "mean", sets = [], alwaysAblate = [], idealise = [], curve, minimal } = options;
  const heads = (choices: readonly HeadChoice[], option: string) =>
    headsCalled(choices, architecture, option);
  const hasTask = sets.length + idealise.length > 0 || curve !== undefined;
  return {
    kind,
    baseHeads: heads(alwaysAblate, "alwaysAblate"),
    sets: sets.map((set) => heads(set, "sets")),
    ideal: idealJobs(heads(idealise, "idealise")),
    minimalShare: minimal ? minimalShareOf(minimal) : null,
    each: minimal || (options.eachHead ?? !hasTask) ? allHeads(architecture) : [],
  };
}

function minimalShareOf({ share = 0.8 }: MinimalOptions): number {
  if (share > 0 && share < 1) return share;
  throw new InputError("range", `a share lies between 0 and 1, got ${share}`);
}

/** @param scores induction scores [layer][head]; null where neither a curve nor minimal sets are asked for */
export function ablationPlan(
  architecture: Architecture,
  choice: AblationChoice,
  { curve }: AblateOptions,
  scores: readonly (readonly number[])[] | null,
  seed: number,
): AblationPlan {
  return {
    ...choice,
    curve: curve ? curvePlan(scores!, { ...curve, seed: curve.seed ?? seed }) : null,
    byScore: scores
      ? allHeads(architecture).sort((a, b) => scores[b.layer]![b.head]! - scores[a.layer]![a.head]!)
      : [],
  };
}
