/** @file Opens a GGUF file: its metadata as a Hugging Face configuration, its tensors under Hugging Face's names. Node only. */
import type { Checkpoint } from "../formats/checkpoint.ts";
import { fileSource } from "../formats/file.ts";
import { dequantisedInCache } from "../formats/gguf/dequantisedInCache.ts";
import { ggufWeights } from "../formats/gguf/ggufWeights.ts";
import { readGguf } from "../formats/gguf/readGguf.ts";
import { sha256 } from "../formats/sha256.ts";
import { tokenizerFromGguf } from "../text/tokenizer/tokenizerFromGguf.ts";
import { ggufConfig } from "./gguf/ggufConfig.ts";
import { withVocabulary } from "./drawnTokens.ts";
import { vocabularyOfGguf } from "./vocabularyFiles.ts";
import { frequencyFactors, ggufModel, pairedHeads } from "./gguf/ggufModel.ts";
import type { LoadOptions } from "./loadOptions.ts";
import { loaded, sightOf, type LoadedModel } from "./loaded.ts";
import { stepOptions } from "./loadOptions.ts";

/**
 * The model in the GGUF file `path`. Quantised weights are decoded into a cache file the first time.
 *
 * @param options.cache false decodes into memory and leaves nothing behind
 * @throws {InputError} "file" for a malformed file, "config" or "weights" for what is not supported or does not fit
 */
export async function openGguf(
  path: string,
  id: string,
  options: LoadOptions = {},
): Promise<LoadedModel> {
  const file = await fileSource(path);
  let checkpoint: Checkpoint | undefined;
  try {
    const gguf = await readGguf(file);
    const config = ggufConfig(gguf, path, await frequencyFactors(file, gguf));
    const decoded = async (hash: string) => {
      const dequantiser =
        options.cache === false ? undefined : dequantisedInCache({ sha256: hash });
      checkpoint ??= await ggufWeights(file, gguf, dequantiser, {
        ...stepOptions(options, "decoding weights"),
        pairedHeads: pairedHeads(config, gguf),
      });
      return checkpoint;
    };
    const sight = await sightOf([file], options, async () => {
      const hash = await sha256([file], stepOptions(options, "hashing weights"));
      return { sha256: hash, weights: (await decoded(hash)).weights };
    });
    const model = withVocabulary(
      ggufModel(gguf, config, await decoded(sight.sha256), path),
      vocabularyOfGguf(gguf.metadata),
    );
    return await loaded({
      id,
      model,
      sight,
      files: [file],
      options,
      tokenizer: () => Promise.resolve(tokenizerFromGguf(Object.fromEntries(gguf.metadata))),
      ...(checkpoint?.close && { release: checkpoint.close }),
    });
  } catch (error) {
    await checkpoint?.close?.();
    await file.close();
    throw error;
  }
}
