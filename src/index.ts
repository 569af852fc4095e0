/** @file The library in Node: models and studies. Its parts are in `/graph`, `/measure`, `/train` and `/report`. */
import { runnableModel, type RunnableModel } from "./inputs/runnableModel.ts";
import { openModel, type OpenOptions } from "./models/open.ts";
import { openEngine } from "./runtime/openBackend.ts";

export * from "./anywhere.ts";
export { readZoo } from "./models/zoo/openZoo.ts";
export { openEngine } from "./runtime/openBackend.ts";
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
