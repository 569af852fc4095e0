/** @file What a path study follows. */
import type { PathMetric, PathRoute } from "../results/causalNames.ts";
import type { HeadAt } from "../base/headName.ts";

/** What is asked for, with every default in place. */
export interface PathPlan {
  readonly receivers: readonly HeadAt[];
  readonly route: PathRoute;
  readonly sources: readonly (readonly HeadAt[])[];
  readonly metric: PathMetric;
  readonly form: "direct" | "through-mlps";
  readonly norm: "recomputed" | "frozen";
}
