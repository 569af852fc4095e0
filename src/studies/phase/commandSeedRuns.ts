/** @file Repetitions of a run that differ in nothing but the seed, trained where they are not there yet. */
import { join } from "node:path";
import { InputError } from "../../base/errors.ts";
import type { EngineOptions } from "../../cli/engine.ts";
import { trainRun } from "../../cli/train.ts";
import { runFolder } from "../../cli/training/runFolder.ts";

/**
 * The run in the folder `run` and `count` - 1 repetitions with the seeds after its own, in `seeds/SEED` inside it. One that
 * was finished before is taken as it is, one that was stopped goes on.
 *
 * @returns their folders, the given one first
 * @throws {InputError} "options" if there is no recipe to repeat; and as `train`
 */
export async function seedRuns(
  run: string,
  count: number,
  { signal, ...options }: EngineOptions & { readonly signal: AbortSignal },
): Promise<string[]> {
  const folder = runFolder(run);
  if (!folder.hasRecipe())
    throw new InputError(
      "options",
      `--seeds ${count} repeats a run that train made, by its recipe.json, which ${run} has not`,
    );
  const { seed, steps } = folder.readRecipe();
  const runs = [run];
  for (let next = seed + 1; next < seed + count; next++) {
    const other = join(run, "seeds", String(next));
    const begun = runFolder(other);
    runs.push(other);
    if ((await begun.savedStep()) === steps) continue;
    await trainRun(
      other,
      {
        ...options,
        recipe: join(run, "recipe.json"),
        seed: next,
        ...(begun.hasRecipe() && { resume: true }),
      },
      signal,
    );
  }
  return runs;
}
