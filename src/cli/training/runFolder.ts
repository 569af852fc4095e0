/**
 * @file The folder of a run: recipe, log, checkpoints, state (docs/training.md). Everything is written whole or not at all,
 * and in an order in which a run that is killed anywhere can go on: checkpoint, line of the log, state.
 */
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseJson } from "../../base/parseJson.ts";
import { InputError } from "../../base/errors.ts";
import { fileSource } from "../../formats/file.ts";
import { replaceFile } from "../../draw/replaceFile.ts";
import { refillFolder, writerOf } from "../../draw/replaceFolder.ts";
import { checkpointFiles, jsonFile } from "../../training/checkpointFiles.ts";
import { recipeFrom, type Recipe, type RecipeInput } from "../../training/recipe.ts";
import { readState, stateFile, type SavedState } from "../../training/stateFile.ts";
import type { TrainingStep } from "../../training/train.ts";

export type RunFolder = ReturnType<typeof runFolder>;

/** What `replaceFile` and `refillFolder` write beside their target. */
const TEMPORARY = /\.[\da-f]{8}\.(tmp|old)$/;

/** The run in the folder `run`, which need not exist yet. */
export function runFolder(run: string) {
  const at = (...names: string[]) => join(run, ...names);
  const [recipe, log, state] = [at("recipe.json"), at("log.jsonl"), at("state.safetensors")];
  const checkpoints = at("checkpoints");
  return {
    hasRecipe: () => existsSync(recipe),
    readRecipe: (): Recipe => recipeFrom(readJson(recipe) as RecipeInput),
    begin: (fullRecipe: Recipe) => replaceFile(recipe, jsonFile(fullRecipe)),
    /** The state to go on from, null if none was saved; what was logged after it is forgotten. */
    async goOn(): Promise<SavedState | null> {
      removeTemporary([run, checkpoints]);
      const saved = existsSync(state) ? await readState(await fileSource(state)) : null;
      replaceFile(log, linesUpTo(existsSync(log) ? readFileSync(log, "utf8") : "", saved));
      return saved;
    },
    /** The step of the saved state, null if there is none. */
    async savedStep(): Promise<number | null> {
      return existsSync(state) ? (await readState(await fileSource(state))).state.step : null;
    },
    keepModel: (fullRecipe: Recipe, step: TrainingStep) =>
      refillFolder(
        join(checkpoints, stepName(step.step)),
        writerOf(checkpointFiles(fullRecipe, step.weights())),
      ),
    log: (step: TrainingStep) => appendLine(log, JSON.stringify(logLine(step))),
    keepState: (saved: SavedState) => replaceFile(state, stateFile(saved)),
    /** The last model that was kept; null if none was. */
    lastCheckpoint(): string | null {
      const names = existsSync(checkpoints) ? readdirSync(checkpoints) : [];
      const last = names
        .filter((name) => /^step-\d+$/.test(name))
        .sort()
        .at(-1);
      return last === undefined ? null : join(checkpoints, last);
    },
  };
}

/** `step-000123`: as many digits as sort by name. */
export function stepName(step: number): string {
  return `step-${String(step).padStart(6, "0")}`;
}

function logLine({ step, tokens, loss, validationLoss, scores, learningRate }: TrainingStep) {
  const { copyGain, firstCopyLoss, secondCopyLoss, best, strategies } = scores!;
  const heldOut = validationLoss === null ? {} : { validationLoss };
  const copies = { copyGain, firstCopyLoss, secondCopyLoss, best };
  const followed = strategies === null ? {} : { strategies };
  return { step, tokens, loss, ...heldOut, ...copies, ...followed, learningRate };
}

/** Whole lines of steps that the saved state has behind it. */
function linesUpTo(text: string, saved: SavedState | null): string {
  const whole = text.split("\n").slice(0, -1);
  const lines = whole.filter((line) => saved !== null && stepOf(line) <= saved.state.step);
  return lines.map((line) => `${line}\n`).join("");
}

function stepOf(line: string): number {
  try {
    return Number((JSON.parse(line) as { step?: unknown }).step);
  } catch {
    return Infinity; // not a line of ours
  }
}

function appendLine(file: string, line: string): void {
  writeOrExplain(file, () => appendFileSync(file, `${line}\n`));
}

function writeOrExplain(file: string, write: () => void): void {
  try {
    write();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError("output", `output ${file} could not be written: ${reason}`, { cause });
  }
}

/** What a run left that was killed while it wrote. */
function removeTemporary(folders: readonly string[]): void {
  for (const folder of folders.filter((each) => existsSync(each)))
    for (const name of readdirSync(folder).filter((each) => TEMPORARY.test(each)))
      rmSync(join(folder, name), { recursive: true, force: true });
}

export function readJson(file: string): unknown {
  try {
    return parseJson(readFileSync(file, "utf8"));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError("recipe", `the recipe ${file} cannot be read: ${reason}`, { cause });
  }
}
