import type { Weights } from "../base/bytes.ts";

/** What a weight file has, as `formats` reads it. */
export interface CheckpointTensors {
  readonly weights: Weights;
  readonly unsupported: ReadonlyMap<string, string>;
}
