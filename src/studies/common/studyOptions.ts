import { ENGINE_OPTIONS, type EngineOptions } from "../../base/backend.ts";
import type { Progress } from "../../base/progress.ts";
import type { OptionNames } from "../../base/optionNames.ts";

/** What every study takes beside its own options: what computes, and how the caller follows and stops it. */
export interface StudyOptions extends EngineOptions {
  /** Aborting it ends the study between two runs. */
  readonly signal?: AbortSignal | undefined;
  /** Told the step and how far it is. */
  readonly progress?: Progress | undefined;
}

export const STUDY_OPTIONS: OptionNames<StudyOptions> = {
  ...ENGINE_OPTIONS,
  signal: true,
  progress: true,
};
