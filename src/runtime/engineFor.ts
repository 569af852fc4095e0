import type { Backend, EngineOptions, OpenEngine } from "../base/backend.ts";
import { InputError } from "../base/errors.ts";
import { withBudget } from "./memoryBudget.ts";

/**
 * The engine that a study of `model` runs on: the one in the options, else one that the model's own opener makes.
 *
 * @throws {InputError} "options" if there is neither; @throws {UnableError} if the device cannot be had
 */
export async function engineFor(
  { openEngine }: { readonly openEngine?: OpenEngine | undefined },
  { backend, device, threads, memory }: EngineOptions,
): Promise<Backend> {
  if (backend) return withBudget(backend, memory);
  if (openEngine) return withBudget(await openEngine({ device, threads }), memory);
  throw new InputError(
    "options",
    "a model that `load` did not make needs the option backend (see `openEngine`), got none",
  );
}
