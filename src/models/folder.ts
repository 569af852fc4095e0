/** @file Opens a Hugging Face or TransformerLens folder: config.json with safetensors or torch files, whole or in shards. Node only. */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
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
import { folderModel } from "./folderModel.ts";
import { unquantised } from "./quantised.ts";
import { folderText, folderTokenizer } from "./folderTokenizer.ts";
import type { LoadOptions } from "./loadOptions.ts";
import { loaded, sightOfTensors, type LoadedModel } from "./loaded.ts";

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
  const config = await readConfigFile(join(path, "config.json"), path);
  const { checkpoint: stored, files } = await readWeights(path);
  try {
    const text = folderText(path);
    const { config: plain, checkpoint, notice } = await unquantised(config, stored, text);
    return await loaded({
      id,
      model: withNotices(await folderModel(plain, checkpoint, text, options), [notice]),
      sight: await sightOfTensors(files, options, checkpoint.weights),
      files,
      options,
      tokenizer: () => folderTokenizer(path),
    });
  } catch (error) {
    await Promise.all(files.map((file) => file.close()));
    throw error;
  }
}

async function readConfigFile(path: string, folder: string): Promise<Record<string, unknown>> {
  const there = await isThere(path);
  const source = await fileSource(path).catch(async (error: unknown) => {
    if (there) throw error;
    throw (await isThere(folder))
      ? new InputError("file", `${folder} has no config.json that can be read`, { cause: error })
      : error;
  });
  await source.close();
  checkConfigSize(source.sizeBytes, path);
  return parseConfig(await readFile(path, "utf8"), path);
}

async function readWeights(folder: string): Promise<{ checkpoint: Checkpoint; files: OpenFile[] }> {
  const files: OpenFile[] = [];
  const open = async (name: string) => {
    const file = await fileSource(join(folder, name));
    files.push(file);
    return file;
  };
  try {
    for (const [name, read] of Object.entries(READERS)) {
      if (await isThere(join(folder, name)))
        return { checkpoint: await read(await open(name)), files };
      const index = join(folder, `${name}.index.json`);
      if (await isThere(index))
        return { checkpoint: await readShards(await fileSource(index), { open, read }), files };
    }
  } catch (error) {
    await Promise.all(files.map((file) => file.close()));
    throw error;
  }
  const present = (await readdir(folder)).filter((name) => !name.startsWith(".")).slice(0, 12);
  throw new InputError(
    "file",
    `${folder} needs model.safetensors or pytorch_model.bin (or their .index.json), has ${present.join(", ") || "nothing"}`,
  );
}
