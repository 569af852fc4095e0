import type { HeadUnit } from "./plan.ts";
import type { PathSums } from "./pathEstimates.ts";

/** Per example: the metric of both runs, and what each component is estimated to change it by. */
export interface Estimates {
  readonly clean: Float64Array;
  readonly corrupted: Float64Array;
  readonly changes: ReadonlyMap<HeadUnit, readonly Float64Array[]>;
  readonly paths: PathSums | null;
}
