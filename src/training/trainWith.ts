import type { Backend, EngineOptions, OpenEngine } from "../base/backend.ts";
import type { Recipe } from "./recipe.ts";
import { train, type TrainingStep, type TrainOptions } from "./train.ts";

/** What the public `train` takes: what the run goes on from, and what computes. */
export interface OpenTrainOptions extends TrainOptions, EngineOptions {}

/** `train` with what opens its engine. */
export async function* trainWith(
  openEngine: OpenEngine,
  recipe: Recipe,
  { backend, device, threads, ...options }: OpenTrainOptions,
): AsyncGenerator<TrainingStep, void, void> {
  const engine: Backend = await openEngine({ backend, device, threads });
  yield* train(recipe, engine, options);
}
