/** @file Steps of a long study that are not repeated after an interruption. */

/** Where results of steps are kept; values are plain JSON. */
export interface StepMemory {
  /** What was kept under `step`, or undefined. */
  recall(step: string): Promise<unknown>;
  keep(step: string, value: unknown): Promise<void>;
  /** Called once when everything is done. */
  finished(): Promise<void>;
}

/** Remembers nothing. */
export const NO_MEMORY: StepMemory = {
  recall: () => Promise.resolve(undefined),
  keep: () => Promise.resolve(),
  finished: () => Promise.resolve(),
};

/** What `step` gave before, or else what `make` gives now, which is then kept. */
export async function onceDone<Value>(
  memory: StepMemory,
  step: string,
  make: () => Promise<Value>,
): Promise<Value> {
  const known = await memory.recall(step);
  if (known !== undefined) return known as Value;
  const made = await make();
  await memory.keep(step, made);
  return made;
}
