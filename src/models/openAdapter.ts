/** @file Opens a folder with a LoRA adapter on top of the base that the caller names. Node only. */
import { join } from "node:path";
import { InputError } from "../base/errors.ts";
import { fileSource } from "../formats/file.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import { readTorch } from "../formats/torch/readTorch.ts";
import { torchCheckpoint } from "../formats/torch/torchCheckpoint.ts";
import { closedOnError, folderParts, readJson, weightsOf } from "./folder.ts";
import { withNotices } from "./family.ts";
import { folderModel } from "./folderModel.ts";
import { folderText, folderTokenizer } from "./folderTokenizer.ts";
import { adapterConfig, baseNamedIn } from "./lora/adapterConfig.ts";
import { mergedWeights } from "./lora/mergedWeights.ts";
import { loadedModel, sightOfTensors, type LoadedModel } from "./loaded.ts";
import type { LoadOptions } from "./loadOptions.ts";

export const ADAPTER_CONFIG = "adapter_config.json";

const READERS = {
  "adapter_model.safetensors": readSafetensors,
  "adapter_model.bin": async (source) => torchCheckpoint(source.name, await readTorch(source)),
} satisfies Parameters<typeof weightsOf>[1];

/** Modules of GPT-2 whose matrices are [in, out]. */
const CONV1D = /(^|\.)(c_attn|c_proj|c_fc|q_attn)$/;

/**
 * The base with the adapter in `path` merged into it.
 *
 * @param folderOf the folder of the model that somebody calls so
 * @throws {InputError} "options" without `base`, naming the base that the adapter was trained on; "config" or "weights" if
 *   the adapter does not fit
 */
export async function openAdapter(
  path: string,
  options: LoadOptions,
  folderOf: (name: string) => Promise<string>,
): Promise<LoadedModel> {
  const json = await readJson(join(path, ADAPTER_CONFIG), path);
  const baseName = baseNamedIn(json);
  if (!options.base)
    throw new InputError(
      "options",
      `${path} is a LoRA adapter, which needs the model that it was trained on in \`base\`${baseName ? `: its configuration names ${baseName}` : ", and its configuration names none"}`,
      { option: "base" },
    );
  const settings = adapterConfig(json, join(path, ADAPTER_CONFIG));
  const baseFolder = await folderOf(options.base);
  const base = await folderParts(baseFolder, options);
  return closedOnError(base.files, async () => {
    const adapter = await weightsOf(path, READERS);
    return closedOnError(adapter.files, async () => {
      const { model_type: type, tie_word_embeddings: tied } = base.config;
      const checkpoint = mergedWeights(base.checkpoint, adapter.checkpoint, settings, {
        isTransposed: (module) =>
          type === "gpt2" ? CONV1D.test(module) : settings.fan_in_fan_out === true,
        tied: tied === true || (tied === undefined && type === "gpt2"),
        path,
      });
      const files = [...base.files, ...adapter.files];
      const own = await folderTokenizer(path);
      const text = folderText(own ? path : baseFolder);
      return loadedModel({
        id: path,
        model: withNotices(await folderModel(base.config, checkpoint, text, options), [
          base.notice,
          baseName === null || baseName === options.base
            ? null
            : `the adapter was trained on ${baseName}, and is merged into ${options.base}`,
        ]),
        sight: await sightOfTensors(files, options, checkpoint.weights),
        files,
        options,
        tokenizer: () => folderTokenizer(own ? path : baseFolder),
      });
    });
  });
}

/** Whether `path` has an adapter; a folder with both a model and an adapter is the model. */
export async function hasAdapter(path: string): Promise<boolean> {
  return fileSource(join(path, ADAPTER_CONFIG)).then(
    async (file) => {
      await file.close();
      return true;
    },
    () => false,
  );
}
