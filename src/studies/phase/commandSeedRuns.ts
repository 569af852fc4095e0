/** @file Repetitions of a run that differ in nothing but the seed, trained where they are not there yet. */
import { join } from "node:path";
import { InputError } from "../../base/errors.ts";
import type { Frame } from "../../cli/frame.ts";
import { runFolder } from "../../cli/training/runFolder.ts";
import { trainRun } from "../../cli/training/trainRun.ts";

/**
 * The run in the folder `run` and `count` - 1 repetitions with the seeds after its own, in `seeds/SEED` inside it. One that
 * was finished before is taken as it is, one that was stopped goes on.
 *
 * @returns their folders, the given one first
 * @throws {InputError} "options" if there is no recipe to repeat; and as `train`
 */
export async function seedRuns(frame: Frame, run: string, count: number): Promise<string[]> {
  const folder = runFolder(run);
  if (!folder.hasRecipe())
    throw new InputError(
      "options",
      `--seeds ${count} needs a run made by train; ${run} has no recipe.json`,
    );
  const { seed, steps } = folder.readRecipe();
  const runs = [run];
  for (let next = seed + 1; next < seed + count; next++) {
    const other = join(run, "seeds", String(next));
    const begun = runFolder(other);
    runs.push(other);
    if ((await begun.savedStep()) === steps) continue;
    await trainRun(frame, other, {
      recipe: join(run, "recipe.json"),
      seed: next,
      resume: begun.hasRecipe(),
    });
  }
  return runs;
}
