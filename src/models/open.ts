/** @file Opens what the user calls a model: an existing path, `zoo:NAME`, `planted:NAME`, or a hub id. Node only. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { InputError, throwIfAborted, UnableError } from "../base/errors.ts";
import { checkOptionNames, type OptionNames } from "../base/optionNames.ts";
import { shownValue } from "../base/faultSentences.ts";
import { isThere } from "../formats/file.ts";
import { openFolder, openSafetensorsFile, refuseBase, refuseMap } from "./folder.ts";
import { fetchFromHub, type HubSnapshot } from "./hub/fetchFromHub.ts";
import { modelFilesIn } from "./hub/hubGguf.ts";
import { MODEL_FILES } from "./hub/wantedFiles.ts";
import { hubRevisions, type HubRevisions } from "./hub/revisions.ts";
import { lastCheckpoint } from "./lastCheckpoint.ts";
import { LOAD_OPTIONS, type LoadOptions } from "./loadOptions.ts";
import type { LoadedModel } from "./loadedModel.ts";
import { ggufInFolder } from "./gguf/ggufInFolder.ts";
import { isOfPackage, parseHubName, parseModelName } from "./modelName.ts";
import { notThere } from "./nearNames.ts";
import { hasAdapter, openAdapter } from "./openAdapter.ts";
import { openGguf } from "./openGguf.ts";
import { openTorch } from "./openTorch.ts";
import { openPlanted } from "./planted/planted.ts";
import { openZoo } from "./zoo/openZoo.ts";
import { isFile } from "./isFile.ts";

export interface OpenOptions extends LoadOptions {
  /** Branch, tag or commit of a hub model; left out: main. */
  readonly revision?: string | null | undefined;
  /** Ask nothing of the network. */
  readonly offline?: boolean | undefined;
}

const OPEN_OPTIONS: OptionNames<OpenOptions> = { ...LOAD_OPTIONS, offline: true };

/**
 * The model called `name`: an existing path comes first, then `zoo:` and `planted:`, then the hub. A name that begins with
 * `.` or `/` or ends like a weight file is never a hub id. Of a repository of GGUF files `ID:FILE.gguf` or `ID:Q4_K_M` names one.
 *
 * @throws {InputError} "name" for something else than a name; "options" for an option that is none; "file" or "unknown-model" if there is none; "config" or "weights" if it cannot be used
 * @throws {UnableError} if the hub is needed and cannot be reached; @throws {AbortError} once `signal` is aborted
 */
export async function openModel(name: string, options: OpenOptions = {}): Promise<LoadedModel> {
  if (typeof name !== "string" || name === "")
    throw new InputError(
      "name",
      `\`load\` needs the name of a model: a folder, a file, zoo:NAME, or an id of the hub, got ${shownValue(name)}`,
    );
  checkOptionNames("load", options, OPEN_OPTIONS);
  throwIfAborted(options.signal);
  const stats = (await isThere(name)) ? await stat(name) : null;
  refuseRevision(name, stats !== null, options);
  if (stats) {
    return stats.isDirectory() ? openDirectory(name, options) : openFile(name, options);
  }
  const model = parseModelName(name);
  if (model.kind === "planted" || model.kind === "zoo") {
    refuseBase(name, options);
    refuseMap(name, options);
    return model.kind === "planted" ? openPlanted(model.name) : openZoo(model.name, options);
  }
  const snapshot = await hubSnapshot(name, options);
  if (snapshot.warning) options.notice?.(snapshot.warning);
  const snapshotOptions = { ...options, revision: snapshot.commit };
  const gguf = ggufOf(snapshot);
  return gguf === null
    ? openFolder(snapshot.folder, name, snapshotOptions)
    : openGguf(gguf, name, snapshotOptions);
}

/** The path of the GGUF that a snapshot is, in its first part; null where it is a folder with a configuration. */
export function ggufOf({ folder, files }: HubSnapshot): string | null {
  const name = files.find((file) => /\.gguf$/i.test(file));
  return name === undefined ? null : join(folder, name);
}

/**
 * Only models of the hub have revisions.
 *
 * @throws {InputError} "options" if one is requested for a path, of the zoo or of a planted model
 */
export function refuseRevision(
  name: string,
  isPath: boolean,
  { revision }: Pick<OpenOptions, "revision">,
): void {
  const place = isPath ? "a path" : isOfPackage(name) ? "a model of this package" : null;
  if (!revision || place === null) return;
  throw new InputError(
    "options",
    `\`revision\` is for hub models, ${name} is ${place}${parseModelName(name).kind === "zoo" ? " (its steps are zoo:NAME@STEP)" : ""}`,
    { option: "revision" },
  );
}

/**
 * The hub model called `typed`, which is not an existing path, in the cache.
 *
 * @throws {InputError} "file" for a name that can only be a path; @throws {UnableError} if the hub cannot be reached
 */
export async function hubSnapshot(
  typed: string,
  { revision, offline, signal, progress }: OpenOptions,
): Promise<HubSnapshot> {
  const { kind, id, gguf } = parseHubName(typed);
  if (kind === "path") throw new InputError("file", await notThere(typed));
  return fetchFromHub(id, {
    revision: revision ?? undefined,
    files: (names) => modelFilesIn(names, id, gguf),
    ...(offline !== undefined && { offline }),
    signal,
    onProgress: ({ file, bytes, total }) => progress?.(`downloading ${file}`, bytes, total),
  }).catch(async (error: unknown) => {
    throw await notHere(typed, error);
  });
}

/**
 * Names of the branches and tags of the hub model called `typed`, which is not an existing path.
 *
 * @throws {InputError} as `hubRevisions`, saying first that there is no such path; @throws {UnableError} likewise
 */
export async function revisionsOf(
  typed: string,
  { offline, signal }: Pick<OpenOptions, "offline" | "signal">,
): Promise<HubRevisions> {
  return hubRevisions(parseHubName(typed).id, {
    ...(offline !== undefined && { offline }),
    signal,
  }).catch(async (error: unknown) => {
    throw await notHere(typed, error);
  });
}

/**
 * A folder with config.json, one in which nanoGPT left its ckpt.pt or Meta its consolidated.00.pth, a LoRA adapter, the folder of a run (its last
 * checkpoint), or one with a GGUF.
 */
async function openDirectory(path: string, options: OpenOptions): Promise<LoadedModel> {
  const has = (name: string) => isFile(join(path, name));
  const isAdapter = await hasAdapter(path);
  if ((await has("config.json")) && !(isAdapter && !(await hasWeights(path))))
    return openFolder(path, path, options);
  for (const name of ALONE) if (await has(name)) return openFile(join(path, name), options, path);
  if (isAdapter) return openAdapter(path, options, (base) => folderOf(base, options));
  const last = await lastCheckpoint(path);
  if (last !== null) {
    options.notice?.(`${path} is the folder of a run: its last checkpoint is ${last}`);
    return openFolder(last, last, options);
  }
  const gguf = await ggufInFolder(path);
  return gguf === null ? openFolder(path, path, options) : openGguf(gguf, path, options);
}

/** Some tools put the base's config.json beside an adapter. */
async function hasWeights(path: string): Promise<boolean> {
  for (const name of MODEL_FILES.firstOf) if (await isThere(join(path, name))) return true;
  return false;
}

/** Weights that need no config.json: nanoGPT's, and Meta's with params.json beside. */
const ALONE = ["ckpt.pt", "consolidated.00.pth"];

/** The folder of a base: a path, or a hub id. */
async function folderOf(name: string, options: OpenOptions): Promise<string> {
  if (await isThere(name)) return name;
  return (await hubSnapshot(name, options)).folder;
}

async function openFile(path: string, options: LoadOptions, id = path): Promise<LoadedModel> {
  refuseBase(path, options);
  if (/\.gguf$/i.test(path)) return openGguf(path, id, options);
  if (/\.(pt|pth|bin|ckpt)$/i.test(path)) return openTorch(path, id, options);
  if (/\.safetensors$/i.test(path)) return openSafetensorsFile(path, options);
  throw new InputError(
    "file",
    `${path} is not a model file (known: .gguf, .pt, .pth, .safetensors with \`map\`, or a folder with config.json)`,
  );
}

/** The same error, saying first that no path of that name exists: a mistyped path looks like a hub id. */
async function notHere(typed: string, error: unknown): Promise<unknown> {
  const lead = `${await notThere(typed)}, and as a hub model: `;
  if (error instanceof InputError)
    return new InputError(error.code, lead + error.message, { cause: error });
  if (error instanceof UnableError) return new UnableError(lead + error.message, { cause: error });
  return error;
}
