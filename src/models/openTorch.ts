/** @file Opens a nanoGPT checkpoint (`ckpt.pt`), with `meta.pkl` beside it as a character tokenizer. Node only. */
import { dirname, join } from "node:path";
import { fileSource } from "../formats/file.ts";
import { characterTable } from "./characterTable.ts";
import type { LoadOptions } from "./loadOptions.ts";
import { loaded, sightOfTensors, type LoadedModel } from "./loaded.ts";
import { nanoGptModel } from "./nanoGpt.ts";

/**
 * The model in the torch file `path`, as nanoGPT's train.py writes it.
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
    const { model, weights } = await nanoGptModel(file, path, options);
    return await loaded({
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
