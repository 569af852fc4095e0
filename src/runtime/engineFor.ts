import type { Backend, EngineOptions, OpenEngine } from "../base/backend.ts";
import { InputError } from "../base/errors.ts";

/**
 * The engine that a study of `model` runs on: the one in the options, else one that the model's own opener makes.
 *
 * @throws {InputError} "options" if there is neither; @throws {UnableError} if the device cannot be had
 */
export async function engineFor(
  { openEngine }: { readonly openEngine?: OpenEngine | undefined },
  { backend, device, threads }: EngineOptions,
): Promise<Backend> {
  if (backend) return backend;
  if (openEngine) return openEngine({ device, threads });
  throw new InputError(
    "options",
    "a model that `load` did not make needs the option backend (see `openEngine`), got none",
  );
}
