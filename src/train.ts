/** @file `induction-lens/train` in Node. */
import { openEngineHere } from "./runtime/openBackend.ts";
import { trainWith, type OpenTrainOptions } from "./training/trainWith.ts";
import type { Recipe } from "./training/recipe.ts";
import type { TrainingStep } from "./training/train.ts";

export * from "./trainAnywhere.ts";

/**
 * Trains the model of `recipe`, step by step. A caller may stop at any step, keep the weights, and resume later from `state()`:
 * on the same engine with the same number of threads the weights are then the same, bit for bit.
 *
 * @returns what each step left, first the start (step 0, or where `from` is); the last is step `recipe.steps`
 * @throws {InputError} "text" or "tokens" if the text does not fit the recipe, "state" if `from` does not
 * @throws {UnableError} if a loss, a gradient or a weight is not finite, with the step; what came before stays good
 */
export function train(
  recipe: Recipe,
  options: OpenTrainOptions = {},
): AsyncGenerator<TrainingStep, void, void> {
  return trainWith(openEngineHere, recipe, options);
}
