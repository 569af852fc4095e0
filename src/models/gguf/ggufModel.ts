/** @file The model of a GGUF file wherever it is: its tensors under Hugging Face's names, its special tokens. */
import type { ByteSource, StoredTensor } from "../../base/bytes.ts";
import { InputError } from "../../base/errors.ts";
import type { Checkpoint } from "../../formats/checkpoint.ts";
import { readTensor } from "../../formats/readTensor.ts";
import type { Gguf } from "../../formats/gguf/readGguf.ts";
import { modelFrom } from "../families.ts";
import type { Model } from "../family.ts";
import { huggingFaceName } from "./names.ts";

/**
 * @param config of `ggufConfig`
 * @param checkpoint of `ggufWeights`
 * @param path for messages
 */
export function ggufModel(
  gguf: Gguf,
  config: Readonly<Record<string, unknown>>,
  checkpoint: Checkpoint,
  path: string,
): Model {
  const named = renamed(checkpoint, String(config["model_type"]), path);
  const model = modelFrom(config, named, "gguf");
  const { architecture } = model;
  const special = [...architecture.specialTokens, ...specialTokens(gguf)];
  const specialIds = [...new Set(special)].sort((a, b) => a - b);
  return { ...model, architecture: { ...architecture, specialTokens: specialIds } };
}

/** The values of rope_freqs.weight: LLaMA 3's scaling. */
export async function frequencyFactors(
  file: ByteSource,
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
export function pairedHeads(
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
