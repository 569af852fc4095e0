/** @file What every step of a verdict runs on. */
import type { Backend } from "../../base/backend.ts";
import type { Progress } from "../../base/progress.ts";
import type { Chain } from "../../interventions/chain.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { VerdictPlan } from "./plan.ts";
import type { ResumeLog } from "../../base/resumeLog.ts";
import type { VerdictRows } from "./verdictRows.ts";

export interface Work {
  readonly model: LoadedModel;
  readonly backend: Backend;
  readonly chain: Chain;
  readonly rows: VerdictRows;
  readonly plan: VerdictPlan;
  /** Remembers finished steps. */
  readonly log: ResumeLog | undefined;
  readonly signal: AbortSignal | undefined;
  readonly progress: Progress | undefined;
}
