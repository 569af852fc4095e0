/** @file The library in Node: models and studies. Its parts are in `/graph`, `/measure`, `/train` and `/report`. */
import { runnableModel, type RunnableModel } from "./inputs/runnableModel.ts";
import { openModel, type OpenOptions } from "./models/open.ts";
import type { OpenEngine } from "./base/backend.ts";
import { rememberedSpeeds } from "./formats/rememberedSpeeds.ts";
import { openEngineHere } from "./runtime/openBackend.ts";

export * from "./anywhere.ts";
export { readZoo } from "./models/zoo/openZoo.ts";
export type { OpenOptions } from "./models/open.ts";

/**
 * The model called `name`: an existing path, `zoo:NAME`, `planted:NAME`, or a hub id; in this order.
 *
 * @throws {InputError} "file" or "unknown-model" if there is none; "config" or "weights" if it cannot be used
 * @throws {UnableError} if the hub is needed and cannot be reached; @throws {AbortError} once `signal` is aborted
 */
export async function load(name: string, options: OpenOptions = {}): Promise<RunnableModel> {
  return runnableModel(await openModel(name, options), openEngine);
}

/**
 * Opens what computes in Node: `backend` as it is, else `device` with `threads`. "auto" is the processor or, for a study of a
 * large model, what a short try found faster, and computing the same; the cache remembers how fast devices were. If `auto` finds
 * no native engine, a warning of the process says so and how to install it.
 *
 * @throws {InputError} "options" if WASM is asked for with several threads; @throws {UnableError} if there is no such device
 */
export const openEngine: OpenEngine = (options) =>
  openEngineHere(options, { speeds: rememberedSpeeds() });
