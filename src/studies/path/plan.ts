/** @file What path patching is asked for: its options, and the plan with every default in place. */
import { InputError } from "../../base/errors.ts";
import { headName, type HeadChoice } from "../../base/headName.ts";
import { usualMetric } from "../../inputs/causalPrompts.ts";
import { PAIR_OPTIONS, type PairOptions } from "../../inputs/pair.ts";
import type { ResumeLog } from "../../base/resumeLog.ts";
import { allHeads, headsCalled } from "../../interventions/headNames.ts";
import type { PathPlan } from "../../interventions/pathPlan.ts";
import type { Architecture } from "../../models/family.ts";
import type { PathMetric, PathRoute } from "../../results/causalNames.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import type { OptionNames } from "../../base/optionNames.ts";

export interface PathOptions extends PairOptions, StudyOptions {
  /** Receiving heads, layer.head; left out only for the route "logits". */
  readonly into?: readonly HeadChoice[] | undefined;
  /** Left out: k. */
  readonly route?: PathRoute | undefined;
  /** Sets of source heads, each one path; left out: every head before the receivers. */
  readonly from?: readonly (readonly HeadChoice[])[] | undefined;
  /** What is read; left out: induction-score, the receivers' mean attention weight at the induction target. */
  readonly metric?: PathMetric | undefined;
  /** Left out: direct. */
  readonly form?: "direct" | "through-mlps" | undefined;
  /** Left out: recomputed. */
  readonly norm?: "recomputed" | "frozen" | undefined;
  /** What an interrupted sweep with the same model and options left behind. */
  readonly log?: ResumeLog | undefined;
}

export const PATH_OPTIONS: OptionNames<PathOptions> = {
  ...STUDY_OPTIONS,
  ...PAIR_OPTIONS,
  into: true,
  route: true,
  from: true,
  metric: true,
  form: true,
  norm: true,
  log: true,
};

function usualPathMetric(route: PathRoute, options: PathOptions): PathMetric {
  if (options.prompts) return usualMetric(options);
  return route === "logits" ? "centred-logit" : "induction-score";
}

/** @throws {InputError} "path", "unknown-head" */
export function pathPlan(architecture: Architecture, options: PathOptions): PathPlan {
  const { route = "k", form = "direct", norm = "recomputed" } = options;
  const receivers = headsCalled(options.into ?? [], architecture, "into");
  const metric = options.metric ?? usualPathMetric(route, options);
  if (metric === "induction-score" && options.prompts)
    throw new InputError("path", "prompts do not repeat, so they have no induction-score");
  if (metric === "kl") throw new InputError("path", "paths have no kl metric");
  if ((receivers.length === 0) !== (route === "logits"))
    throw new InputError(
      "path",
      `paths need heads to lead into for q, k and v, and none for logits, got route ${route} into ${receivers.map(headName).join(", ") || "none"}`,
    );
  if (metric === "induction-score" && route === "logits")
    throw new InputError(
      "path",
      "the induction score is an attention weight: paths into the logits do not move it",
    );
  const first = Math.min(architecture.layers, ...receivers.map(({ layer }) => layer));
  const before = allHeads(architecture).filter(({ layer }) => layer < first);
  const sources = options.from
    ? options.from.map((set) => headsCalled(set, architecture, "from"))
    : before.map((head) => [head]);
  const late = sources.flat().find(({ layer }) => layer >= first);
  if (late || sources.length === 0)
    throw new InputError(
      "path",
      `paths lead from earlier layers to later ones, got ${late ? headName(late) : "no head"} before ${receivers.map(headName).join(", ")}`,
    );
  return { receivers, route, sources, metric, form, norm };
}
