import type { Command } from "commander";
import { InputError } from "../../base/errors.ts";
import { renameSteps, type Progress } from "../../base/progress.ts";
import { rowOptions, type RowFlags } from "../../cli/flags/rowFlags.ts";
import { readText } from "../../cli/flags/sequenceFlags.ts";
import { rows, withSharedFlags } from "../../cli/flags/sharedFlags.ts";
import { integer, stepList } from "../../cli/flags/values.ts";
import type { Frame } from "../../cli/frame.ts";
import type { Request } from "../../cli/request.ts";
import { studyCommand } from "../../cli/studyCommand.ts";
import { readOwnTokens } from "../../cli/tokensFile.ts";
import { STUDIES } from "../registry.ts";
import type { RunSource } from "./commandSources.ts";
import type { PhaseRunOptions } from "./plan.ts";
import type { PhaseResult } from "./result.ts";

interface Flags extends RowFlags {
  readonly steps?: readonly number[] | undefined;
  readonly checkpoints?: number | undefined;
  readonly revisions: string;
  /** How many runs with other seeds make one; true: the runs that are given are compared. */
  readonly seeds?: true | number | undefined;
  readonly file?: string | undefined;
  readonly symbols?: number | undefined;
}

export const command = studyCommand({
  name: "phase",
  description: "when induction heads form over the checkpoints of a run, and in which order",
  declare,
  request: async (flags: Flags, paths: readonly string[]): Promise<Request> => {
    const { file, seeds, symbols } = flags;
    const input = {
      symbols,
      ...(await rowOptions(flags, readOwnTokens)),
      text: file === undefined ? undefined : await readText(file, { empty: false }),
    };
    const measured = (frame: Frame) => measureRuns(frame, paths, flags, input);
    if (seeds === undefined)
      return { study: STUDIES.phase, run: async (frame) => (await measured(frame))[0]! };
    return {
      study: STUDIES["phase-seeds"],
      run: async (frame) => (await import("./phaseSeeds.ts")).phaseSeeds(await measured(frame)),
    };
  },
});

function declare(command: Command): Command {
  const withFlags = command
    .argument(
      "<path...>",
      "a run's folder, a folder of checkpoints, checkpoints, zoo:NAME, or a hub id",
    )
    .option("--steps <list>", "only the checkpoints of these steps, as 0,512,1000", stepList)
    .option(
      "--checkpoints <n>",
      "at most so many, evenly on a log scale (default: all; of a hub id 30)",
      integer(2),
    )
    .option("--revisions <pattern>", "branches and tags of a hub id; the step is at the *", "step*")
    .option("--file <file>", "a natural text for icl.olsson, where the context is long enough")
    .option(
      "--symbols <n>",
      "also how the model predicts in random Markov chains of n tokens (default for a run that trained on such: its own)",
      integer(2),
    )
    .option(
      "--seeds [n]",
      "compare runs: how stable time, place and mechanism are; with n one run is repeated with other seeds",
      integer(2),
    );
  return withSharedFlags(rows(withFlags, '{"tokens": [[...]], "period": S, "bos": true}'));
}

/** One Result for each run that the paths name. */
async function measureRuns(
  frame: Frame,
  paths: readonly string[],
  flags: Flags,
  input: PhaseRunOptions,
): Promise<PhaseResult[]> {
  const { signal, note, flags: common } = frame;
  if (common.model.revision !== undefined)
    throw new InputError("options", "phase takes --revisions and --steps in place of --revision");
  const { runSources } = await import("./commandSources.ts");
  const { steps, checkpoints, revisions, seeds } = flags;
  const all = typeof seeds === "number" ? await measureSeeds(frame, paths, seeds) : paths;
  const { offline } = common.model;
  const sourceOptions = { steps, checkpoints, revisions, offline, signal, notice: note };
  const runs = await runSources(all, sourceOptions);
  checkCount(runs, seeds !== undefined);
  const { phaseRun } = await import("./phaseRun.ts");
  const backend = await frame.openEngine();
  const results: PhaseResult[] = [];
  for (const { id, checkpoints: sources, training, symbols } of runs) {
    const of = runs.length > 1 ? `${id}: ` : "";
    const progress = renameSteps(frame.progress, (step) => `${of}${step}`);
    const openers = sources.map(({ step, model, revision }) => ({
      step,
      open: () => frame.openModel(model, { revision, progress: loading(frame, revision) }),
    }));
    const own = { id, training, symbols: input.symbols ?? symbols };
    results.push(await phaseRun(openers, { ...input, ...own, backend, signal, progress }));
  }
  return results;
}

/** Loading is a part of the checkpoint's turn, but for one that is downloaded. */
function loading({ progress }: Frame, revision: string | undefined): Progress | undefined {
  if (revision === undefined) return () => undefined;
  return renameSteps(progress, (step) => `${revision}: ${step}`);
}

/** The one run that is given, and its repetitions with other seeds. */
async function measureSeeds(
  frame: Frame,
  paths: readonly string[],
  count: number,
): Promise<readonly string[]> {
  const { seedRuns } = await import("./commandSeedRuns.ts");
  const [run, ...more] = paths;
  if (more.length > 0)
    throw new InputError("options", `--seeds ${count} repeats one run, got ${paths.join(", ")}`);
  return seedRuns(frame, run!, count);
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
