/** Told what is going on, and how much of it is done: `done` of `total`, in units of the step. */
export type Progress = (step: string, done: number, total: number) => void;

/** Tells `progress` of each step under another name; undefined if there is nobody to tell. */
export function renameSteps(
  progress: Progress | undefined,
  nameOf: (step: string) => string,
): Progress | undefined {
  return progress && ((step, ...amount) => progress(nameOf(step), ...amount));
}

/** Tells `progress` how much of this one step is done; undefined if there is nobody to tell. */
export function progressOfStep(
  progress: Progress | undefined,
  step: string,
): ((done: number, total: number) => void) | undefined {
  return progress && ((...amount) => progress(step, ...amount));
}
