import type { Backend, EngineOptions, OpenEngine } from "../base/backend.ts";
import { DeviceError, InputError } from "../base/errors.ts";
import type { Program } from "../graph/program.ts";
import { fastestFor } from "./fastest.ts";
import { askedBytes, withBudget } from "./memoryBudget.ts";
import { checkRounding, withRounding } from "./rounded.ts";
import { refuseWrongDevice } from "./selfCheck.ts";

/** Tokens of a row where nobody says how many. */
const USUAL_LENGTH = 64;

/**
 * The engine that a study of `model` runs on: the one in the options, else one that the model's own opener makes; of an engine
 * that has others beside it, the one that runs the model fastest.
 *
 * @throws {InputError} "options" if there is neither, or for `fast` beside a device that is not the processor
 * @throws {UnableError} if the device cannot be had, or computes this model differently from the processor
 */
export async function engineFor(
  {
    openEngine,
    program,
  }: { readonly openEngine?: OpenEngine | undefined; readonly program?: Program | undefined },
  {
    backend,
    device,
    threads,
    memory,
    fast = false,
    seqLen = USUAL_LENGTH,
  }: EngineOptions & { readonly seqLen?: number | undefined },
): Promise<Backend> {
  const plain = backend ?? (await openEngine?.({ device, threads }));
  if (!plain)
    throw new InputError(
      "options",
      "a model that `load` did not make needs the option backend (see `openEngine`), got none",
    );
  const first: Backend = fast && !plain.rounding ? withRounding(plain) : plain;
  const fastest = program && !first.rounding ? await fastestFor(program, first, seqLen) : first;
  const engine = withInstead(withBudget(fastest, memory), memory);
  const used = program ? await checkedOn(program, engine) : engine;
  return checkRounding(used, program);
}

/** The engine, or the one that takes its place where the model has no room on its device. */
async function checkedOn(program: Program, engine: Backend): Promise<Backend> {
  try {
    await refuseWrongDevice(program, { ...engine, rounding: undefined });
    return engine;
  } catch (error) {
    if (!(error instanceof DeviceError && engine.instead)) throw error;
    return engine.instead(error.why);
  }
}

/** The engine, and the one that it is checked against in its place once its device is lost or full. */
function withInstead(engine: Backend, memory: number | undefined): Backend {
  const { reference, instead } = engine;
  if (!reference || instead) return engine;
  const limit = (engine.budget && askedBytes(engine.budget)) ?? memory;
  return {
    ...engine,
    instead: async (why) => {
      const other = withBudget(await reference(), limit);
      return {
        ...other,
        choice: `${other.device}, since ${engine.device} could not finish: ${why}`,
      };
    },
  };
}
