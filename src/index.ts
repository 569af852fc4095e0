/** @file The public library in Node: `import { load, score } from "induction-lens"`. */
import type { OpenEngine } from "./base/backend.ts";
import type { LoadedModel } from "./models/loaded.ts";
import { openModel, type OpenOptions } from "./models/open.ts";
import { openBackend } from "./runtime/openBackend.ts";

export * from "./anywhere.ts";
export { readZoo } from "./models/zoo/openZoo.ts";
export { openBackend, type OpenedBackend } from "./runtime/openBackend.ts";
export { writeResult } from "./studies/score/viewFiles.ts";
export { writeAnalysis } from "./studies/analyse/viewFiles.ts";
export { REPORT_FORMATS, type ReportFormat } from "./draw/write.ts";

const openEngine: OpenEngine = async ({ device, threads }) =>
  (await openBackend(device, threads)).backend;

/**
 * The model called `name`: an existing path, `zoo:NAME`, `planted:NAME`, or a hub id; in this order.
 *
 * @throws {InputError} "file" or "unknown-model" if there is none; "config" or "weights" if it cannot be used
 * @throws {UnableError} if the hub is needed and cannot be reached
 */
export async function load(name: string, options: OpenOptions = {}): Promise<LoadedModel> {
  return { ...(await openModel(name, options)), openEngine };
}
