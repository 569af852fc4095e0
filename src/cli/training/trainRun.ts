import { shellWord } from "../shellWord.ts";
import { AbortError, InputError, UnableError } from "../../base/errors.ts";
import type { Backend } from "../../base/backend.ts";
import { recipeDifferences, type Recipe } from "../../training/recipe.ts";
import { turn } from "../../runtime/turn.ts";
import type { SavedState } from "../../training/stateFile.ts";
import { train, type TrainingStep } from "../../training/train.ts";
import { lockFolder } from "../folderLock.ts";
import type { Frame } from "../frame.ts";
import type { FromWork } from "../messages.ts";
import { timeLeft, liveLine } from "./liveLine.ts";
import { recipeOf, type RecipeAndText, type RecipeOptions } from "./recipeOptions.ts";
import { readJson, runFolder, type RunFolder } from "./runFolder.ts";

export interface TrainFlags extends RecipeOptions {
  /** A file; the other flags go over it. */
  readonly recipe?: string | undefined;
  readonly resume?: boolean | undefined;
}

/** At most so much work is lost if the run is killed. */
const SAVE_EVERY_MS = 10_000;
/** After steps of this length each is saved: at Ctrl-C the next one might not end in the time that there is. */
const SLOW_STEP_MS = 400;
/** Time between two looks at whether somebody wants to stop. */
const LOOK_MS = 50;

/** Trains into the folder `run`, and says in words what came out. */
export async function trainRun(frame: Frame, run: string, flags: TrainFlags): Promise<string> {
  const release = lockFolder(run, "trains");
  try {
    return await trainIn(frame, run, flags);
  } finally {
    release();
  }
}

async function trainIn(frame: Frame, run: string, flags: TrainFlags): Promise<string> {
  const { signal, note, flags: common } = frame;
  const folder = runFolder(run);
  const { recipe, text } = await recipeFor(run, folder, flags);
  const saved = flags.resume ? await folder.goOn() : null;
  const backend = await frame.openEngine();
  const engine = wordsOf(backend);
  if (saved && saved.engine !== engine)
    note(`${saved.engine} computed this run so far, ${engine} resumes it: not bit for bit`);
  const live = liveLine(process.stderr, {
    steps: recipe.steps,
    quiet: common.output.quiet ?? false,
    crosses: recipe.data.kind === "copied",
  });
  const began = performance.now();
  let last: TrainingStep | null = null;
  try {
    const steps = train(recipe, backend, {
      text,
      from: saved?.state,
    });
    for await (const step of savedSteps(steps, folder, { recipe, engine, saved, signal })) {
      live.tell(step);
      last = step;
    }
  } catch (error) {
    throw withCheckpoint(error, folder);
  } finally {
    live.end();
  }
  const next = `next: induction-lens phase ${shellWord(run)} (when heads form), induction-lens verdict ${shellWord(run)} (what they are)`;
  return [...summary(last!, recipe, folder, performance.now() - began), next, ""].join("\n");
}

/** The recipe to train by: the run's own if it goes on, and then nothing may differ. */
async function recipeFor(
  run: string,
  folder: RunFolder,
  { recipe: file, resume, ...options }: TrainFlags,
): Promise<RecipeAndText> {
  const base = file === undefined ? undefined : readJson(file);
  if (!resume) {
    if (folder.hasRecipe())
      throw new InputError(
        "output",
        `${run} has a run already; resume it with --resume, or choose another folder`,
      );
    return recipeOf(base ?? {}, options);
  }
  if (!folder.hasRecipe())
    throw new InputError("file", `--resume needs a run, ${run} has no recipe.json`);
  const before = folder.readRecipe();
  const now = await recipeOf(base ?? before, options);
  const differences = recipeDifferences(before, now.recipe);
  if (differences.length > 0)
    throw new InputError(
      "recipe",
      `${run} was begun with another recipe and can be resumed with that one only: ${differences.join("; ")}`,
    );
  return now;
}

/** The same steps, each with what is to be kept of it on disk. */
async function* savedSteps(
  steps: AsyncGenerator<TrainingStep>,
  folder: RunFolder,
  {
    recipe,
    engine,
    saved,
    signal,
  }: {
    readonly recipe: Recipe;
    readonly engine: string;
    readonly saved: SavedState | null;
    readonly signal: AbortSignal;
  },
): AsyncGenerator<TrainingStep> {
  const isDue = dueSteps(recipe);
  let savedAt = performance.now();
  let [endedAt, lookedAt] = [savedAt, savedAt];
  for await (const step of steps) {
    const now = performance.now();
    const slow = now - endedAt > SLOW_STEP_MS;
    if (now - lookedAt > LOOK_MS) {
      await turn(); // lets the message of a Ctrl-C in, before another step would be begun
      lookedAt = now;
    }
    if (!folder.hasRecipe()) folder.begin(recipe); // not before the first step: by then all is known to fit
    if (step.step !== saved?.state.step) {
      if (step.isCheckpoint) folder.keepModel(recipe, step);
      if (isDue(step.step)) folder.log(step);
      const due = now - savedAt > SAVE_EVERY_MS || slow;
      if (due || signal.aborted || step.isCheckpoint || step.step === recipe.steps) {
        folder.keepState({ state: step.state(), engine });
        savedAt = performance.now();
        process.send?.({
          resumeHint: `step ${step.step} is saved; resume with --resume`,
        } satisfies FromWork);
      }
    }
    yield step;
    if (signal.aborted && step.step < recipe.steps)
      throw new AbortError(`stopped after step ${step.step} and saved; resume with --resume`);
    endedAt = performance.now();
  }
}

/** Steps that have a line in the log. */
function dueSteps({ logEvery, checkpoints, steps }: Recipe): (step: number) => boolean {
  const all = new Set([0, ...checkpoints, steps]);
  return (step) => step % logEvery === 0 || all.has(step);
}

function withCheckpoint(error: unknown, folder: RunFolder): unknown {
  const last = folder.lastCheckpoint();
  if (!(error instanceof UnableError) || last === null) return error;
  return new UnableError(`${error.message}; the last good checkpoint is ${last}`, { cause: error });
}

function wordsOf({ device, threads, versions }: Backend): string {
  const engine = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${device} with ${threads} ${threads === 1 ? "thread" : "threads"} of ${engine.join(", ")}`;
}

function summary(
  { step, scores }: TrainingStep,
  { data }: Recipe,
  folder: RunFolder,
  elapsedMs: number,
): string[] {
  const words = data.kind === "copied" ? ACROSS : WITHIN;
  const { best, firstCopyLoss, secondCopyLoss, strategies } = scores!;
  const head = ({ layer, head: index, score }: typeof best.induction) =>
    `${layer}.${index} (${score.toFixed(2)})`;
  return [
    `trained to step ${step} in ${timeLeft(elapsedMs)}`,
    `${words.induction}: ${head(best.induction)}`,
    `${words.previous}: ${head(best.previousToken)}`,
    `${words.second}: ${secondCopyLoss.toFixed(3)}, ${words.first}: ${firstCopyLoss.toFixed(3)} nats`,
    ...(strategies === null
      ? []
      : [
          `predicts what follows in a chain by its ${strategies.follows} counts, ${strategies.divergence[strategies.follows].toFixed(3)} nats away`,
        ]),
    `last checkpoint: ${folder.lastCheckpoint() ?? "none was asked for"}`,
  ];
}

const WITHIN = {
  induction: "attends most like an induction head",
  previous: "attends most to the token before",
  second: "loss of the second copy of random tokens",
  first: "of the first",
} as const;

const ACROSS = {
  induction: "of cross heads attends most to the token that is written next",
  previous: "of the encoder attends most to the token before",
  second: "loss of what is to be copied where the encoder reads it",
  first: "where it reads others",
} as const;
