import { InputError } from "../../base/errors.ts";
import { phaseSeedsView } from "./viewSeeds.ts";
import { phaseView } from "./view.ts";
import { jsonText } from "../../draw/json.ts";
import { writeStudy } from "../../draw/studyFiles.ts";
import { studyText } from "../../draw/studyText.ts";
import { checkOutput } from "../../draw/write.ts";
import type { PhaseResult } from "./result.ts";
import { phaseRun } from "./phaseRun.ts";
import { phaseSeeds } from "./phaseSeeds.ts";
import { runSources, type RunSource } from "./commandSources.ts";
import { engineFor } from "../../cli/engine.ts";
import { interruption } from "../../cli/interruption.ts";
import { modelFor } from "../../cli/model.ts";
import { progressOn, type Progress } from "../../cli/progress.ts";
import { rowOptions } from "../../cli/rowOptions.ts";
import { readText } from "../../cli/sequenceOptions.ts";
import { seedRuns } from "./commandSeedRuns.ts";
import type { StudyCommandOptions } from "../../cli/study.ts";
import { terminal } from "../../cli/terminal.ts";
import { readOwnTokens } from "../../cli/tokensFile.ts";

export interface PhaseCommandOptions extends StudyCommandOptions {
  readonly steps?: readonly number[] | undefined;
  readonly checkpoints?: number | undefined;
  readonly revisions: string;
  /** How many runs with other seeds make one; true: the runs that are given are compared. */
  readonly seeds?: boolean | number | undefined;
  readonly file?: string | undefined;
}

export async function phaseCommand(
  paths: readonly string[],
  options: PhaseCommandOptions,
): Promise<void> {
  const { out: files = [], seeds = false, json, quiet = false } = options;
  files.forEach(checkOutput);
  if (options.revision !== undefined)
    throw new InputError("options", "phase takes --revisions and --steps in place of --revision");
  const signal = interruption();
  const notice = (text: string) => quiet || process.stderr.write(`note: ${text}\n`);
  const all = typeof seeds === "number" ? await repeated(paths, seeds, options, signal) : paths;
  const runs = await runSources(all, { ...options, signal, notice });
  checkCount(runs, seeds !== false);
  const input = {
    ...rowOptions(options),
    ...(options.file !== undefined && { text: await readText(options.file) }),
    ...(options.tokens !== undefined && { own: await readOwnTokens(options.tokens) }),
  };
  const progress = progressOn(process.stderr, { quiet });
  const backend = await engineFor(options);
  const silent = { ...progress, report: () => undefined }; // loading is a part of the checkpoint's turn
  const downloading = (revision: string): Progress => ({
    ...progress,
    report: (what, ...amount) => progress.report(`${revision}: ${what}`, ...amount),
  });
  const results: PhaseResult[] = [];
  for (const { id, checkpoints, training } of runs) {
    const said = runs.length > 1 ? `${id}: ` : "";
    const opened = checkpoints.map(({ step, model, revision }) => ({
      step,
      open: () =>
        modelFor(
          model,
          { ...options, ...(revision !== undefined && { revision }) },
          { signal, progress: revision === undefined ? silent : downloading(revision) },
        ),
    }));
    const run = phaseRun(opened, {
      backend,
      ...input,
      id,
      ...(training && { training }),
      signal,
      progress: (step, done, total) => progress.report(`${said}${step}`, done, total),
    });
    results.push(await run.finally(() => progress.end()));
  }
  const result = seeds ? phaseSeeds(results) : results[0]!;
  const view = "runs" in result ? phaseSeedsView(result) : phaseView(result);
  for (const file of files) await writeStudy(view, result, file);
  process.stdout.write(json ? jsonText(result) : studyText(view, terminal()));
  if (!quiet) process.stderr.write(files.map((file) => `wrote ${file}\n`).join(""));
}

/** The one run that is given, and its repetitions with other seeds. */
async function repeated(
  paths: readonly string[],
  count: number,
  { threads, device, quiet = false }: PhaseCommandOptions,
  signal: AbortSignal,
): Promise<string[]> {
  const [run, ...more] = paths;
  if (more.length > 0)
    throw new InputError("options", `--seeds ${count} repeats one run, got ${paths.join(", ")}`);
  const engine = { device, quiet, ...(threads !== undefined && { threads }) };
  return seedRuns(run!, count, { ...engine, signal });
}

function checkCount(runs: readonly RunSource[], seeds: boolean): void {
  const names = runs.map(({ id }) => id).join(", ");
  if (seeds && runs.length < 2)
    throw new InputError(
      "options",
      `--seeds compares at least two runs, got ${names}; --seeds 5 repeats one`,
    );
  if (!seeds && runs.length > 1)
    throw new InputError(
      "options",
      `these are ${runs.length} runs, which --seeds compares: ${names}`,
    );
}
