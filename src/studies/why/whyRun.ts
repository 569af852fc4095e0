import type { Trace } from "../../base/backend.ts";
import type { HeadAt } from "../../base/headName.ts";

/** One run of the tokens up to the query. */
export interface WhyRun {
  readonly saved: Trace;
  /** Of the head's query, by key; minus infinity where it may not look. */
  readonly scores: Float32Array;
  readonly weights: Float32Array;
  readonly visible: readonly number[];
}

/** One entry of a head's attention. */
export interface ScoreCell extends HeadAt {
  readonly query: number;
  readonly key: number;
}
