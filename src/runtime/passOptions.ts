/** @file What many runs in one pass are asked for. */
import type { Progress } from "../base/progress.ts";

export interface PassOptions {
  /** Those that are handed over; left out: all of the program's. */
  readonly outputs?: readonly string[] | undefined;
  /** Aborting it ends the pass between two runs. */
  readonly signal?: AbortSignal | undefined;
  /** Told of the runs of single pieces; of whole runs `take` can tell. */
  readonly progress?: Progress | undefined;
  /** What is being done, for progress. */
  readonly step?: string | undefined;
}
