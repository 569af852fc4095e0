/** @file Opens a GGUF file: its metadata as a Hugging Face configuration, its tensors under Hugging Face's names. Node only. */
import { InputError } from "../base/errors.ts";
import type { StoredTensor } from "../base/bytes.ts";
import type { Checkpoint } from "../formats/checkpoint.ts";
import { fileSource, type OpenFile } from "../formats/file.ts";
import { dequantisedInCache } from "../formats/gguf/dequantisedInCache.ts";
import { ggufWeights } from "../formats/gguf/ggufWeights.ts";
import { readGguf, type Gguf } from "../formats/gguf/readGguf.ts";
import { readTensor } from "../formats/readTensor.ts";
import { sha256 } from "../formats/sha256.ts";
import { tokenizerFromGguf } from "../text/tokenizer/tokenizerFromGguf.ts";
import { modelFrom } from "./families.ts";
import { ggufConfig } from "./gguf/ggufConfig.ts";
import { huggingFaceName } from "./gguf/names.ts";
import { loaded, sightOf, told, type LoadedModel, type LoadOptions } from "./loaded.ts";

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
  const gguf = await readGguf(file);
  const config = ggufConfig(gguf, path, await frequencyFactors(file, gguf));
  let checkpoint: Checkpoint | undefined;
  const decoded = async (hash: string) => {
    const dequantiser = options.cache === false ? undefined : dequantisedInCache({ sha256: hash });
    checkpoint ??= await ggufWeights(file, gguf, dequantiser, {
      ...told(options, "decoding weights"),
      pairedHeads: pairedHeads(config, gguf),
    });
    return checkpoint;
  };
  try {
    const sight = await sightOf([file], options, async () => {
      const hash = await sha256([file], told(options, "hashing weights"));
      return { sha256: hash, weights: (await decoded(hash)).weights };
    });
    const named = renamed(await decoded(sight.sha256), String(config["model_type"]), path);
    const model = modelFrom(config, named, "gguf");
    const special = specialTokens(gguf);
    const { architecture } = model;
    const specialIds = [...new Set([...architecture.specialTokens, ...special])].sort(
      (a, b) => a - b,
    );
    return await loaded({
      id,
      model: { ...model, architecture: { ...architecture, specialTokens: specialIds } },
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

/** The values of rope_freqs.weight: LLaMA 3's scaling. */
async function frequencyFactors(
  file: OpenFile,
  { tensors }: Gguf,
): Promise<readonly number[] | undefined> {
  const table = tensors.get("rope_freqs.weight");
  if (!table) return undefined;
  const { type, ...place } = table;
  if (type !== "F32" || table.sizeBytes > MOST_FACTOR_BYTES) {
    throw new InputError(
      "weights",
      `${file.name} needs rope_freqs.weight of up to ${MOST_FACTOR_BYTES} bytes of F32, has ${table.sizeBytes} of ${type}`,
    );
  }
  return [...(await readTensor({ type, ...place, source: file }))];
}

const MOST_FACTOR_BYTES = 65_536;

/** llama.cpp turns queries and keys of llama files in pairs of rows (2i, 2i + 1), where Hugging Face has (i, i + n). */
function pairedHeads(
  config: Readonly<Record<string, unknown>>,
  { tensors }: Gguf,
): ReadonlyMap<string, number> {
  if (config["model_type"] !== "llama") return new Map();
  const heads = Number(config["num_attention_heads"]);
  const headsOf = { q: heads, k: Number(config["num_key_value_heads"] ?? heads) };
  return new Map(
    [...tensors.keys()].flatMap((name): [string, number][] => {
      const which = /^blk\.\d+\.attn_([qk])\.(weight|bias)$/.exec(name)?.[1];
      return which === "q" || which === "k" ? [[name, headsOf[which]]] : [];
    }),
  );
}

/** Tensors under the names of the Hugging Face checkpoint that the file was made from; rotary tables are left out. */
function renamed(
  { weights, unsupported, metadata }: Checkpoint,
  type: string,
  path: string,
): Checkpoint {
  const faults: string[] = [];
  const rename = <Value>(entries: ReadonlyMap<string, Value>) =>
    new Map(
      [...entries].flatMap(([name, value]): [string, Value][] => {
        const other = huggingFaceName(type, name);
        if (other === undefined) faults.push(name);
        return other ? [[other, value]] : [];
      }),
    );
  const named = {
    weights: rename<StoredTensor>(weights),
    unsupported: rename(unsupported),
    metadata,
  };
  if (faults.length > 0)
    throw new InputError(
      "weights",
      `${path} has tensors without a place in ${type}: ${faults.slice(0, 10).join(", ")}`,
    );
  return named;
}

/** Ids of control, unknown and unused tokens: not what random sequences are made of. */
function specialTokens({ metadata }: Gguf): number[] {
  const types = metadata.get("tokenizer.ggml.token_type");
  if (!Array.isArray(types)) return [];
  const [normal, byte, userDefined] = [1, 6, 4];
  return types.flatMap((type, id) =>
    [normal, byte, userDefined].includes(Number(type)) ? [] : [id],
  );
}
