import type { EngineOptions } from "../../base/backend.ts";
import type { Progress } from "../../base/progress.ts";

/** What every study takes beside its own options: what computes, and how the caller follows and stops it. */
export interface StudyOptions extends EngineOptions {
  /** Aborting it ends the study between two runs. */
  readonly signal?: AbortSignal | undefined;
  /** Told the step and how far it is. */
  readonly progress?: Progress | undefined;
}
