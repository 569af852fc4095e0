/** @file Opens a torch file, with what its writer left beside it: `meta.pkl` (nanoGPT), params.json (Meta), meta_STEP.json (nanochat). Node only. */
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { InputError } from "../base/errors.ts";
import { fileSource, isThere } from "../formats/file.ts";
import { readJson } from "./folder.ts";
import { characterTable } from "./characterTable.ts";
import type { LoadOptions } from "./loadOptions.ts";
import { loadedModel, sightOfTensors, type LoadedModel } from "./loadedModel.ts";
import { torchModel } from "./torchModel.ts";
import { META_PARTS, sizesFileOf } from "./torchWriters.ts";

/**
 * The model in the torch file `path`, whoever wrote it: see `torchModel`.
 *
 * @throws {InputError} "file" for a malformed file or a pickle that asks for more than tensors; "config" or "weights"
 */
export async function openTorch(
  path: string,
  id: string,
  options: LoadOptions = {},
): Promise<LoadedModel> {
  const file = await fileSource(path);
  try {
    const { head, map } = options;
    const { model, weights } = await torchModel(file, path, {
      head,
      map,
      sizes: await sizesBeside(path),
    });
    return await loadedModel({
      id,
      model,
      sight: await sightOfTensors([file], options, weights),
      files: [file],
      options,
      tokenizer: () => characterTable(join(dirname(path), "meta.pkl")),
    });
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** What the writer's file of sizes says; undefined where there is none. */
async function sizesBeside(path: string): Promise<unknown> {
  const [name, folder] = [basename(path), dirname(path)];
  const sizes = sizesFileOf(name);
  if (sizes === null) return undefined;
  if (META_PARTS.test(name)) await refuseParts(folder);
  else if (!(await isThere(join(folder, sizes)))) return undefined;
  return readJson(join(folder, sizes), folder);
}

async function refuseParts(folder: string): Promise<void> {
  const parts = (await readdir(folder)).filter((name) => META_PARTS.test(name));
  if (parts.length > 1)
    throw new InputError(
      "file",
      `${folder} has the model in ${parts.length} parts for as many devices, which are not joined; the same model in Hugging Face's form is whole`,
    );
}
