import type { LoadedModel } from "../../models/loaded.ts";

/**
 * Runs a study between two looks at the weights' file: what is measured while it changes is no Result.
 *
 * @param run handed a clock, the ms since it began, for the timings of its Result
 * @throws {InputError} "file" if it is not the one that was opened; and what `run` throws
 */
export async function whileUnchanged<Value>(
  model: Pick<LoadedModel, "unchanged">,
  run: (elapsed: () => number) => Promise<Value>,
): Promise<Value> {
  await model.unchanged();
  const started = performance.now();
  const value = await run(() => performance.now() - started);
  await model.unchanged();
  return value;
}
