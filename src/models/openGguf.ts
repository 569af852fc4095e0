/** @file Opens a GGUF file, in one part or several: its metadata as a configuration, its tensors as Hugging Face's. Node only. */
import { basename, dirname, join } from "node:path";
import type { Checkpoint } from "../formats/checkpoint.ts";
import { fileSource, type OpenFile } from "../formats/file.ts";
import { dequantisedInCache } from "../formats/gguf/dequantisedInCache.ts";
import { ggufWeights, undecoded, type Dequantiser } from "../formats/gguf/ggufWeights.ts";
import { readGgufFiles } from "../formats/gguf/splitGguf.ts";
import { sha256 } from "../formats/sha256.ts";
import { weightFaults } from "../formats/weightFaults.ts";
import { tokenizerFromGguf } from "../text/tokenizer/tokenizerFromGguf.ts";
import { refuseMap } from "./folder.ts";
import { ggufPlan } from "./gguf/ggufModel.ts";
import { loadedModel, sightOf, type LoadedModel } from "./loadedModel.ts";
import { stepOptions, type LoadOptions } from "./loadOptions.ts";

/**
 * The model in the GGUF file `path`, or in that part and the others beside it. Quantised weights are decoded into a cache
 * file the first time.
 *
 * @param options.cache false decodes into memory and leaves nothing behind
 * @throws {InputError} "file" for a malformed file, "config" or "weights" for what is not supported or does not fit
 */
export async function openGguf(
  path: string,
  id: string,
  options: LoadOptions = {},
): Promise<LoadedModel> {
  refuseMap(path, options);
  const open: OpenFile[] = [];
  let checkpoint: Checkpoint | undefined;
  try {
    const { gguf, files } = await readGgufFiles(basename(path), async (name) => {
      const file = await fileSource(join(dirname(path), name));
      open.push(file);
      return file;
    });
    const plan = await ggufPlan(gguf, path);
    const decoded = async (hash: string) => {
      checkpoint ??= await ggufWeights(
        plan.tensors,
        dequantiserFor(hash, options),
        stepOptions(options, "decoding weights"),
      );
      return checkpoint;
    };
    const sight = await sightOf(files, options, async () => {
      const hash = await sha256(files, stepOptions(options, "hashing weights"));
      const { weights } = await decoded(hash);
      return {
        sha256: hash,
        ...(await weightFaults(weights, stepOptions(options, "checking weights"))),
      };
    });
    const model = plan.model(await decoded(sight.sha256), options.head);
    return await loadedModel({
      id,
      model,
      sight,
      files,
      options,
      tokenizer: () => Promise.resolve(tokenizerFromGguf(Object.fromEntries(gguf.metadata))),
      ...(checkpoint?.close && { closeMore: checkpoint.close }),
    });
  } catch (error) {
    await checkpoint?.close?.();
    for (const file of open) await file.close();
    throw error;
  }
}

/** @param hash of the files, which names the cache file */
function dequantiserFor(hash: string, options: LoadOptions): Dequantiser | undefined {
  if (options.factsOnly) return undecoded;
  return options.cache === false ? undefined : dequantisedInCache({ sha256: hash });
}
