import type { Progress } from "../../base/progress.ts";

/** Least growth that is told. */
const STEP = 0.01;

/**
 * Progress as one number that only grows, as clients must be told: 1 for each step that is over, and the share of the current one.
 *
 * @param tell the number, and the step in words
 */
export function risingProgress(tell: (progress: number, message: string) => void): Progress {
  let [before, current, last] = [0, "", -STEP];
  return (step, done, total) => {
    if (step !== current && current !== "") before++;
    current = step;
    const value = before + (total > 0 ? Math.min(1, done / total) : 0);
    if (value < last + STEP) return;
    last = value;
    tell(value, `${step}: ${done} of ${total}`);
  };
}
