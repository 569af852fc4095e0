/** @file Opens a GGUF file, in one part or several: its metadata as a configuration, its tensors as Hugging Face's. Node only. */
import { basename, dirname, join } from "node:path";
import type { Checkpoint } from "../formats/checkpoint.ts";
import { fileSource, type OpenFile } from "../formats/file.ts";
import { decodeInThreads } from "../formats/gguf/decodeInThreads.ts";
import { ggufWeights } from "../formats/gguf/ggufWeights.ts";
import { keptDecoded } from "../formats/gguf/keptDecoded.ts";
import { readGgufFiles } from "../formats/gguf/splitGguf.ts";
import { tokenizerFromGguf } from "../text/tokenizer/tokenizerFromGguf.ts";
import { refuseMap } from "./folder.ts";
import { ggufPlan } from "./gguf/ggufModel.ts";
import { loadedModel, sightOfTensors, type LoadedModel } from "./loadedModel.ts";
import { stepOptions, type LoadOptions } from "./loadOptions.ts";

/**
 * The model in the GGUF file `path`, or in that part and the others beside it. Quantised weights are decoded whenever a session is made.
 *
 * @param options.cache true keeps them decoded in a file of the cache, made the first time
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
    const decodedOnRead = ggufWeights(plan.tensors, decodeInThreads);
    const sight = await sightOfTensors(files, options, decodedOnRead.weights);
    checkpoint =
      options.cache && !options.factsOnly
        ? await keptDecoded(
            decodedOnRead,
            { sha256: sight.sha256, name: basename(path), warn: options.notice },
            stepOptions(options, "decoding weights"),
          )
        : decodedOnRead;
    const model = plan.model(checkpoint, options.head);
    return await loadedModel({
      id,
      model,
      sight,
      files,
      options,
      tokenizer: () => Promise.resolve(tokenizerFromGguf(Object.fromEntries(gguf.metadata))),
      closeMore: checkpoint.close,
    });
  } catch (error) {
    await checkpoint?.close?.();
    for (const file of open) await file.close();
    throw error;
  }
}
