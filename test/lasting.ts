import type { ScoreResult } from "../src/studies/score/result.ts";

/** The part of a Result that the same input and seed give again to the last byte. */
export function lasting(result: ScoreResult): string {
  const { environment, timings, ...rest } = result;
  return JSON.stringify(rest);
}
