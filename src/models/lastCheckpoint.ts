/** @file The folder of a training run has no model itself, but folders with one per step. Node only. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** A trainer's `checkpoint-500`, ours and others' `checkpoints/step-000500`, `step500`, `epoch_3`. */
const STEP = /^(?:checkpoint|step|epoch|iter|global_step)[-_]?(\d+)$/i;

/** The folder of the last step that has a config.json; null if `path` is not the folder of a run. */
export async function lastCheckpoint(path: string): Promise<string | null> {
  for (const folder of [path, join(path, "checkpoints")]) {
    const names = await readdir(folder).catch(() => []);
    const steps = names
      .flatMap((name) => {
        const step = STEP.exec(name)?.[1];
        return step === undefined ? [] : [{ step: Number(step), at: join(folder, name) }];
      })
      .sort((checkpoint, other) => other.step - checkpoint.step);
    for (const { at } of steps) {
      const config = await stat(join(at, "config.json")).catch(() => null);
      if (config?.isFile()) return at;
    }
  }
  return null;
}
