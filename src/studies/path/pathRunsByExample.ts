/** The metric per example: of the clean run, the corrupted run and each path. */
export interface PathRuns {
  readonly clean: Float64Array;
  readonly corrupted: Float64Array;
  readonly paths: readonly Float64Array[];
}
