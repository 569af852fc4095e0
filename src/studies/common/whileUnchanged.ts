import { DeviceError, InputError } from "../../base/errors.ts";
import type { Backend } from "../../base/backend.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { overflowWords } from "./overflow.ts";

/**
 * Runs a study between two looks at the weights' file: what is measured while it changes is no Result. Where the device is lost
 * or full, all of it runs again on the engine that takes its place: no Result has numbers of both.
 *
 * @param run handed a clock, the ms since it began, for the timings of its Result, and the engine
 * @throws {InputError} "file" if it is not the one that was opened; "weights" where numbers are not finite, with the first value of
 *   the model that is not; and what `run` throws
 */
export async function whileUnchanged<Value>(
  model: LoadedModel,
  backend: Backend,
  run: (elapsed: () => number, backend: Backend) => Promise<Value>,
): Promise<Value> {
  await model.unchanged();
  const started = performance.now();
  const elapsed = () => performance.now() - started;
  const onOther = async (error: unknown) => {
    if (!(error instanceof DeviceError && backend.instead)) throw error;
    return run(elapsed, await backend.instead(error.why));
  };
  const value = await run(elapsed, backend)
    .catch(onOther)
    .catch(async (error: unknown) => {
      const isNumber = error instanceof InputError && NOT_FINITE.test(error.message);
      const words = isNumber ? await overflowWords(model, backend).catch(() => null) : null; // else what went wrong first is said
      throw words === null ? error : new InputError("weights", words, { cause: error });
    });
  await model.unchanged();
  return value;
}

/** What functions of measure say of numbers that they cannot take: `needs finite numbers, got NaN for sequence 0`. */
const NOT_FINITE = /\bgot (NaN|-?Infinity)\b/;
