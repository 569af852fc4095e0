import type { Backend, EngineOptions, OpenEngine } from "../base/backend.ts";
import { InputError } from "../base/errors.ts";
import type { Program } from "../graph/program.ts";
import { withBudget } from "./memoryBudget.ts";
import { refuseWrongDevice } from "./selfCheck.ts";

/**
 * The engine that a study of `model` runs on: the one in the options, else one that the model's own opener makes.
 *
 * @throws {InputError} "options" if there is neither; @throws {UnableError} if the device cannot be had, or
 *   computes this model differently from the processor
 */
export async function engineFor(
  {
    openEngine,
    program,
  }: { readonly openEngine?: OpenEngine | undefined; readonly program?: Program | undefined },
  { backend, device, threads, memory }: EngineOptions,
): Promise<Backend> {
  const base = backend ?? (await openEngine?.({ device, threads }));
  if (base) {
    const engine = withBudget(base, memory);
    if (program) await refuseWrongDevice(program, engine);
    return engine;
  }
  throw new InputError(
    "options",
    "a model that `load` did not make needs the option backend (see `openEngine`), got none",
  );
}
