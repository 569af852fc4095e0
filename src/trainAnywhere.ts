/** @file What `induction-lens/train` is in Node and in browsers. */
export { checkpointFiles, type ModelFiles } from "./training/checkpointFiles.ts";
export { textData } from "./training/data/textSplit.ts";
export type { ExportFormat } from "./training/exportFormats.ts";
export { exportModel, type ExportedModel } from "./training/exportModel.ts";
export { recipeFrom, type Recipe, type RecipeInput } from "./training/recipe.ts";
export type { TrainedWeight, TrainingState, TrainingStep } from "./training/train.ts";
export type { BestHead, TrainingScores } from "./training/trainingScores.ts";

import type { Backend, EngineOptions, OpenEngine } from "./base/backend.ts";
import type { Recipe } from "./training/recipe.ts";
import {
  train as trainOn,
  type TrainingStep,
  type TrainOptions as RunOptions,
} from "./training/train.ts";

export interface TrainOptions extends RunOptions, EngineOptions {}

/** `train` with what opens its engine. */
export async function* trainWith(
  openEngine: OpenEngine,
  recipe: Recipe,
  { backend, device, threads, ...options }: TrainOptions,
): AsyncGenerator<TrainingStep, void, void> {
  const engine: Backend = await openEngine({ backend, device, threads });
  yield* trainOn(recipe, engine, options);
}
