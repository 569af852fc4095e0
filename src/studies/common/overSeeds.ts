/** @file The same study with several seeds: what it says of the model, and what of the rows that were drawn. */
import { renameSteps } from "../../base/progress.ts";
import { InputError } from "../../base/errors.ts";
import type { ResumeLog } from "../../base/resumeLog.ts";
import { checkWholeNumber } from "../../base/checkWholeNumber.ts";
import type { StudyOptions } from "./studyOptions.ts";

export interface SeedOptions {
  /** Repeat with so many seeds, from `seed` on; the Result is that of the first and says what differs. Left out: one. */
  readonly seeds?: number | undefined;
}

interface SeededOptions extends SeedOptions, StudyOptions {
  readonly seed?: number | undefined;
  readonly rows?: unknown;
  readonly log?: ResumeLog | undefined;
}

/** More than that nobody reads. */
const MOST = 100;

/**
 * The Results of `run`, one for each seed, in order; the log and the progress of each are its own.
 *
 * @throws {InputError} "options" for rows of one's own, which no seed changes; "range" for a number that is none
 */
export async function overSeeds<Options extends SeededOptions, Result>(
  options: Options,
  run: (options: Options) => Promise<Result>,
): Promise<{ readonly seeds: readonly number[]; readonly results: readonly Result[] }> {
  const { seeds: count = 1, seed: first = 0, rows, log, progress } = options;
  checkWholeNumber("seeds", count, 1, MOST);
  if (count > 1 && rows !== undefined)
    throw new InputError("options", "rows of one's own have no seed, so `seeds` cannot be used", {
      option: "seeds",
    });
  const seeds = Array.from({ length: count }, (_, index) => first + index);
  if (count === 1) return { seeds, results: [await run(options)] };
  const results: Result[] = [];
  for (const seed of seeds) {
    const report = renameSteps(progress, (step) => `seed ${seed}: ${step}`);
    const own = { ...options, seeds: undefined, seed, log: log && under(log, seed) };
    results.push(await run({ ...own, progress: report }));
  }
  return { seeds, results };
}

function under(log: ResumeLog, seed: number): ResumeLog {
  return {
    get: (key) => log.get(`seed ${seed} ${key}`),
    set: (key, value) => log.set(`seed ${seed} ${key}`, value),
  };
}
