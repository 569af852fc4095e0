/** @file Opens a Hugging Face or TransformerLens folder: config.json with safetensors or torch files, whole or in shards. Node only. */
import { readFile, readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { ByteSource } from "../base/bytes.ts";
import { InputError } from "../base/errors.ts";
import type { Checkpoint } from "../formats/checkpoint.ts";
import { checkConfigSize, parseConfig } from "./config/configJson.ts";
import { fileSource, isThere, type OpenFile } from "../formats/file.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import { readShards } from "../formats/shards.ts";
import { readTorch } from "../formats/torch/readTorch.ts";
import { torchCheckpoint } from "../formats/torch/torchCheckpoint.ts";
import { withNotices } from "./family.ts";
import { configIn } from "./config/configIn.ts";
import { folderModel } from "./folderModel.ts";
import { checkedMap, mappedCheckpoint, mappedConfig } from "./nameMap.ts";
import { preprocessorIn } from "./preprocessor.ts";
import { dequantiseCheckpoint } from "./dequantiseCheckpoint.ts";
import { folderFiles, folderText, folderTokenizer } from "./folderTokenizer.ts";
import type { LoadOptions } from "./loadOptions.ts";
import { loadedModel, sightOfTensors, type LoadedModel } from "./loadedModel.ts";

/** Weight files by name, in the order of preference; shards have an index beside them. */
const READERS = {
  "model.safetensors": readSafetensors,
  "pytorch_model.bin": async (source) => torchCheckpoint(source.name, await readTorch(source)),
} satisfies Record<string, (source: ByteSource) => Promise<Checkpoint>>;

/**
 * The model in the folder `path`.
 *
 * @throws {InputError} "file", "config" or "weights": what is missing or does not fit
 */
export async function openFolder(
  path: string,
  id: string,
  options: LoadOptions = {},
): Promise<LoadedModel> {
  refuseBase(path, options);
  const { config, checkpoint, files, notice } = await folderParts(path, options);
  return closedOnError(files, async () => {
    const model = await folderModel(config, checkpoint, folderFiles(path), options).catch(
      (error: unknown) => {
        throw configIn(error, join(path, "config.json"));
      },
    );
    return loadedModel({
      id,
      model: withNotices(model, [notice]),
      sight: await sightOfTensors(files, options, checkpoint.weights),
      files,
      options,
      tokenizer: () => folderTokenizer(path),
      preprocessor: preprocessorIn(folderText(path)),
    });
  });
}

/** @throws {InputError} "options" if a base is given for what is a whole model */
export function refuseBase(name: string, { base }: LoadOptions): void {
  if (!base) return;
  throw new InputError(
    "options",
    `\`base\` is for LoRA adapters (a folder with adapter_config.json), ${name} is a whole model`,
    { option: "base" },
  );
}

/** @throws {InputError} "options" if a map is given for what has the names of its writer alone */
export function refuseMap(name: string, { map }: LoadOptions): void {
  if (!map) return;
  throw new InputError(
    "options",
    `\`map\` is for weights in torch and safetensors files, ${name} has names that are known`,
    { option: "map" },
  );
}

/** What a folder holds, before any model is made of it; the files are open. */
export interface FolderParts {
  readonly config: Readonly<Record<string, unknown>>;
  readonly checkpoint: Checkpoint;
  readonly files: readonly OpenFile[];
  /** What was decoded; null if nothing was. */
  readonly notice: string | null;
}

/** Configuration and weights of the folder, decoded where they are quantised; throws as `openFolder`. */
export async function folderParts(
  path: string,
  { map: mapOption }: Pick<LoadOptions, "map"> = {},
): Promise<FolderParts> {
  const map = mapOption && checkedMap(mapOption);
  const config = await readJson(join(path, "config.json"), path);
  const { checkpoint, files } = await weightsOf(path, READERS);
  return closedOnError(files, async () => {
    const plain = await dequantiseCheckpoint(config, checkpoint, folderText(path));
    if (!map) return { ...plain, files };
    return {
      config: mappedConfig(plain.config, map),
      checkpoint: mappedCheckpoint(plain.checkpoint, map),
      notice: plain.notice,
      files,
    };
  });
}

/**
 * The model in one safetensors file, whose sizes `map` gives.
 *
 * @throws {InputError} "file" without a map that has `config`
 */
export async function openSafetensorsFile(
  path: string,
  options: LoadOptions = {},
): Promise<LoadedModel> {
  const map = options.map && checkedMap(options.map);
  if (!map?.config)
    throw new InputError(
      "file",
      `${path} has no sizes; give the folder that holds it and config.json, or \`map\` with a config`,
    );
  const file = await fileSource(path);
  return closedOnError([file], async () => {
    const checkpoint = mappedCheckpoint(await readSafetensors(file), map);
    const beside = folderFiles(dirname(path));
    return loadedModel({
      id: path,
      model: await folderModel(mappedConfig({}, map), checkpoint, beside, options),
      sight: await sightOfTensors([file], options, checkpoint.weights),
      files: [file],
      options,
      tokenizer: () => folderTokenizer(dirname(path)),
    });
  });
}

/** What `work` gives; if it fails, the files are closed. */
export async function closedOnError<Value>(
  files: readonly OpenFile[],
  work: () => Promise<Value>,
): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    await Promise.all(files.map((file) => file.close()));
    throw error;
  }
}

/** The object in a JSON file of `folder`. */
export async function readJson(path: string, folder: string): Promise<Record<string, unknown>> {
  const there = await isThere(path);
  const source = await fileSource(path).catch(async (error: unknown) => {
    if (there) throw error;
    throw (await isThere(folder))
      ? new InputError("file", `${folder} has no ${basename(path)} that can be read`, {
          cause: error,
        })
      : error;
  });
  await source.close();
  checkConfigSize(source.sizeBytes, path);
  return parseConfig(await readFile(path, "utf8"), path);
}

type Readers = Readonly<Record<string, (source: ByteSource) => Promise<Checkpoint>>>;

/** The weights of a folder by the first of these names that it has, whole or by an index of shards. */
export async function weightsOf(
  folder: string,
  readers: Readers,
): Promise<{ checkpoint: Checkpoint; files: OpenFile[] }> {
  const files: OpenFile[] = [];
  const open = async (name: string) => {
    const file = await fileSource(join(folder, name));
    files.push(file);
    return file;
  };
  return closedOnError(files, async () => {
    for (const [name, read] of Object.entries(readers)) {
      if (await isThere(join(folder, name)))
        return { checkpoint: await read(await open(name)), files };
      const index = join(folder, `${name}.index.json`);
      if (await isThere(index))
        return { checkpoint: await readShards(await fileSource(index), { open, read }), files };
    }
    const present = (await readdir(folder)).filter((name) => !name.startsWith(".")).slice(0, 12);
    throw new InputError(
      "file",
      `${folder} needs ${Object.keys(readers).join(" or ")} (or their .index.json), has ${present.join(", ") || "nothing"}`,
    );
  });
}
