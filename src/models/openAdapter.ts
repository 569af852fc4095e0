/** @file Opens a folder with a LoRA adapter on top of the base that the caller names. Node only. */
import { join } from "node:path";
import type { StoredTensor } from "../base/bytes.ts";
import { InputError } from "../base/errors.ts";
import type { Checkpoint } from "../formats/checkpoint.ts";
import { fileSource } from "../formats/file.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import { readTorch } from "../formats/torch/readTorch.ts";
import { torchCheckpoint } from "../formats/torch/torchCheckpoint.ts";
import { closedOnError, folderParts, readJson, weightsOf } from "./folder.ts";
import { configIn } from "./config/configIn.ts";
import { withNotices, type Model } from "./family.ts";
import { folderModel } from "./folderModel.ts";
import { folderFiles, folderTokenizer } from "./folderTokenizer.ts";
import { adapterConfig, baseNamedIn } from "./lora/adapterConfig.ts";
import { mergedWeights } from "./lora/mergedWeights.ts";
import { loadedModel, sightOfTensors, type LoadedModel } from "./loadedModel.ts";
import type { LoadOptions } from "./loadOptions.ts";

export const ADAPTER_CONFIG = "adapter_config.json";

const READERS = {
  "adapter_model.safetensors": readSafetensors,
  "adapter_model.bin": async (source) => torchCheckpoint(source.name, await readTorch(source)),
} satisfies Parameters<typeof weightsOf>[1];

/** Families whose modules of these names keep [in, out]. peft goes by the module too, whatever fan_in_fan_out says. */
const CONV1D_FAMILIES: readonly unknown[] = ["gpt2", "openai-gpt"];
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
      const hasConv1d = CONV1D_FAMILIES.includes(base.config.model_type);
      const own = await folderTokenizer(path);
      const beside = folderFiles(own ? path : baseFolder);
      const modelOf = (checkpoint: Checkpoint) =>
        folderModel(base.config, checkpoint, beside, options).catch((error: unknown) => {
          throw configIn(error, join(baseFolder, "config.json"));
        });
      const checkpoint = mergedWeights(base.checkpoint, adapter.checkpoint, settings, {
        isTransposed: (module) => hasConv1d && CONV1D.test(module),
        tied: tiedEmbedding(await modelOf(base.checkpoint)),
        keepsTie: settings.ensure_weight_tying === true,
        path,
      });
      const files = [...base.files, ...adapter.files];
      return loadedModel({
        id: path,
        model: withNotices(await modelOf(checkpoint), [
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

/** The embedding of a model whose unembedding it is too; null where that is another, or there is none. */
function tiedEmbedding({ architecture, program }: Model): StoredTensor | null {
  if (architecture.head !== "tied") return null;
  return program.weights.find(({ name }) => name === "embed.W_E")?.stored ?? null;
}

/** Whether `path` has an adapter; a folder with weights of a model beside it is the model. */
export async function hasAdapter(path: string): Promise<boolean> {
  return fileSource(join(path, ADAPTER_CONFIG)).then(
    async (file) => {
      await file.close();
      return true;
    },
    () => false,
  );
}
