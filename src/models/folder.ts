/** @file Opens a Hugging Face or TransformerLens folder: config.json and safetensors, one file or shards. Node only. */
import { access, readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../base/errors.ts";
import type { Checkpoint } from "../formats/checkpoint.ts";
import { fileSource, type OpenFile } from "../formats/file.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import { readShards } from "../formats/shards.ts";
import { modelFrom } from "./families.ts";
import { loaded, type LoadedModel, type LoadOptions } from "./loaded.ts";

const MAX_CONFIG_BYTES = 1024 * 1024;

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
  const config = await readJson(join(path, "config.json"), path);
  const { checkpoint, files } = await readWeights(path);
  try {
    return await loaded({ id, model: modelFrom(config, checkpoint), checkpoint, files, options });
  } catch (error) {
    await Promise.all(files.map((file) => file.close()));
    throw error;
  }
}

async function readJson(path: string, folder: string): Promise<Record<string, unknown>> {
  const source = await fileSource(path).catch(async (error: unknown) => {
    throw (await exists(folder))
      ? new InputError("file", `${folder} has no config.json that can be read`, { cause: error })
      : error;
  });
  await source.close();
  if (source.sizeBytes > MAX_CONFIG_BYTES)
    throw new InputError("config", `${path} must be at most 1 MB, got ${source.sizeBytes} bytes`);
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (error) {
    throw new InputError("config", `${path} is not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
  throw new InputError("config", `${path} must be an object of keys`);
}

async function readWeights(folder: string): Promise<{ checkpoint: Checkpoint; files: OpenFile[] }> {
  const files: OpenFile[] = [];
  const open = async (name: string) => {
    const file = await fileSource(join(folder, name));
    files.push(file);
    return file;
  };
  try {
    if (await exists(join(folder, "model.safetensors"))) {
      return { checkpoint: await readSafetensors(await open("model.safetensors")), files };
    }
    if (await exists(join(folder, "model.safetensors.index.json"))) {
      const index = await fileSource(join(folder, "model.safetensors.index.json"));
      return { checkpoint: await readShards(index, { open, read: readSafetensors }), files };
    }
  } catch (error) {
    await Promise.all(files.map((file) => file.close()));
    throw error;
  }
  const present = (await readdir(folder)).filter((name) => !name.startsWith(".")).slice(0, 12);
  throw new InputError(
    "file",
    `${folder} needs model.safetensors or model.safetensors.index.json, has ${present.join(", ") || "nothing"}`,
  );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
