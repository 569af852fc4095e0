/** @file What `induction-lens/train` is in Node and in browsers. */
export type { Backend, EngineOptions } from "./base/backend.ts";
export { checkpointFiles, type ModelFiles } from "./training/checkpointFiles.ts";
export { textData } from "./training/data/textSplit.ts";
export type { ExportFormat } from "./training/exportFormats.ts";
export { exportModel, type ExportedModel } from "./training/exportModel.ts";
export { recipeFrom, type Recipe, type RecipeInput } from "./training/recipe.ts";
export type {
  TrainOptions as TrainingOptions,
  TrainedWeight,
  TrainingState,
  TrainingStep,
} from "./training/train.ts";
export type { OpenTrainOptions as TrainOptions } from "./training/trainWith.ts";
export type { BestHead, TrainingScores } from "./training/trainingScores.ts";
export type { FollowedStrategy, Strategy } from "./measure/contextStrategies.ts";
