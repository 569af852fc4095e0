/**
 * @file Trained models on disk: a model is trained once and kept in .bench/trained at two of its steps: the first that
 * copies, or the last of all, and the one with half of that copy gain.
 */
import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkpointFiles, train } from "../../dist/train.js";
import { measuredOnce } from "../measuredOnce.js";
import { COPIES } from "./recipes.js";

const ROOT = join(import.meta.dirname, "../../.bench/trained");
export const MOMENTS = ["during", "after"];

/**
 * Where the recipe's model lies: another recipe has another folder, so an old model never stands in for it. What is null in a recipe is
 * not used, so that a new key of other kinds of models makes no model anew.
 */
function folderOf(recipe) {
  const used = (_key, value) => value ?? undefined;
  const hash = createHash("sha256")
    .update(JSON.stringify([recipe, COPIES], used))
    .digest("hex");
  return join(ROOT, hash.slice(0, 16));
}

/** Trains the model unless it is there. @returns a folder for each moment, with the step and its copy gain */
export async function trainedModel(recipe, backend) {
  const folder = folderOf(recipe);
  const moments = await measuredOnce(join(folder, "moments.json"), () =>
    trainInto(folder, recipe, backend),
  );
  return moments.map((moment) => ({ ...moment, folder: join(folder, moment.moment) }));
}

async function trainInto(folder, recipe, backend) {
  const steps = [];
  for await (const { step, scores, isCheckpoint, weights } of train(recipe, { backend })) {
    if (!isCheckpoint) continue;
    steps.push({ step, gain: scores.copyGain, weights: weights() });
    if (scores.copyGain >= COPIES) break;
  }
  const after = steps.at(-1);
  const half = after.gain / 2;
  const nearest = (best, step) =>
    Math.abs(step.gain - half) < Math.abs(best.gain - half) ? step : best;
  const chosenSteps = [steps.slice(0, -1).reduce(nearest), after];
  chosenSteps.forEach(({ weights }, at) => write(join(folder, MOMENTS[at]), recipe, weights));
  return chosenSteps.map(({ step, gain }, at) => ({ moment: MOMENTS[at], step, gain }));
}

function write(folder, recipe, weights) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of checkpointFiles(recipe, weights))
    writeFileSync(join(folder, name), content);
}
