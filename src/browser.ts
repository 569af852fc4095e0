/** @file The library in browsers: the same names as in Node. Files that the user picked come in through `loadFiles`. */
import { runnableModel, type RunnableModel } from "./inputs/runnableModel.ts";
import { checkOptionNames, type OptionNames } from "./base/optionNames.ts";
import { LOAD_OPTIONS, type LoadOptions } from "./models/loadOptions.ts";
import type { LoadedModel } from "./models/loadedModel.ts";
import { BLOB_OPTIONS, openBlobs, type BlobOptions, type NamedBlob } from "./models/openBlobs.ts";
import { parseModelName } from "./models/modelName.ts";
import { fetchZoo } from "./models/zoo/fetchZoo.ts";
import { openEngine } from "./runtime/openInBrowser.ts";

export * from "./anywhere.ts";
export type { BlobOptions, ModelShape, NamedBlob } from "./models/openBlobs.ts";
export { openEngine, type BrowserEngineOptions } from "./runtime/openInBrowser.ts";
export { fastestFor } from "./runtime/fastest.ts";
export { withBudget } from "./runtime/memoryBudget.ts";
export { ALLOWED_DIFFERENCE, selfCheck } from "./runtime/selfCheck.ts";

/** Where the models of the zoo come from. */
export interface BrowserLoadOptions extends LoadOptions {
  /**
   * Address of the folder zoo/ of the package, with its last slash; left out: "zoo/" beside the page, or, in a worker, beside
   * its script.
   */
  readonly zoo?: string | undefined;
  /** Address of the hub; left out: the public one. */
  readonly hub?: string | undefined;
  /**
   * Told how many numbers the weights of a hub model have: at least, before they are fetched, and exactly, before any is
   * read. What it throws ends the loading.
   */
  readonly checkParameters?: ((parameters: number) => void) | undefined;
  /** Told what a hub model is, before its weights are read. */
  readonly tellShape?: BlobOptions["tellShape"];
}

const BROWSER_OPTIONS: OptionNames<BrowserLoadOptions> = {
  ...LOAD_OPTIONS,
  ...{ zoo: true, hub: true, checkParameters: true, tellShape: true },
};

/**
 * A model that comes with the tool (`zoo:NAME`, `zoo:NAME@STEP`, `planted:NAME`), or one of the hub by its id or a short name,
 * fetched anew at each call. Checkpoints at hand come in through `loadFiles`.
 *
 * @throws {InputError} "options" for an option that is none; "unknown-model" if there is none of that name, "file" if the zoo is not served where it should be;
 *   for the hub "hub-name", "hub-not-found", "hub-refused", "hub-answer"; "config" or "weights" if it cannot be used
 * @throws {UnableError} if the hub cannot be reached; @throws {AbortError} once `signal` is aborted
 */
export async function load(name: string, options: BrowserLoadOptions = {}): Promise<RunnableModel> {
  checkOptionNames("load", options, BROWSER_OPTIONS);
  return runnableModel(await openNamed(name, options), openEngine);
}

/**
 * The model in files that somebody chose, such as config.json with safetensors, or one .gguf.
 *
 * @throws {InputError} "options" for an option that is none; "file" for files that are not a model; "config" or "weights" if it cannot be used
 */
export async function loadFiles(
  files: readonly NamedBlob[],
  options: BlobOptions = {},
): Promise<RunnableModel> {
  checkOptionNames("loadFiles", options, BLOB_OPTIONS);
  return runnableModel(await openBlobs(files, options), openEngine);
}

async function openNamed(
  name: string,
  { zoo = "zoo/", hub, checkParameters, tellShape, ...options }: BrowserLoadOptions,
): Promise<LoadedModel> {
  const model = parseModelName(name);
  if (model.kind === "planted") {
    const { openPlanted } = await import("./models/planted/planted.ts");
    return openPlanted(model.name);
  }
  if (model.kind === "zoo") return fetchZoo(model.name, zoo, options);
  const { fetchHubBlobs } = await import("./models/hub/fetchHubBlobs.ts");
  const { commit, files } = await fetchHubBlobs(model, {
    ...options,
    ...(checkParameters && { checkParameters }),
    ...(hub !== undefined && { endpoint: hub }),
  });
  return openBlobs(files, {
    ...options,
    ...(checkParameters && { checkParameters }),
    ...(tellShape && { tellShape }),
    id: name,
    revision: commit,
  });
}
