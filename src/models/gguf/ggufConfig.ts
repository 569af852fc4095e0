/** @file GGUF metadata as a Hugging Face configuration: one set of families for both. */
import { InputError } from "../../base/errors.ts";
import type { Gguf } from "../../formats/gguf/readGguf.ts";

/** `general.architecture` -> `model_type`. */
const TYPES: Readonly<Record<string, string>> = {
  llama: "llama",
  qwen2: "qwen2",
  qwen3: "qwen3",
  gpt2: "gpt2",
  gptneox: "gpt_neox",
};

/** GGUF keys after the architecture's name -> configuration keys, by model type. */
const COMMON = {
  block_count: "num_hidden_layers",
  context_length: "max_position_embeddings",
  embedding_length: "hidden_size",
  feed_forward_length: "intermediate_size",
  "attention.head_count": "num_attention_heads",
};
const LLAMA = {
  ...COMMON,
  "attention.head_count_kv": "num_key_value_heads",
  "attention.layer_norm_rms_epsilon": "rms_norm_eps",
  "attention.key_length": "head_dim",
  "rope.freq_base": "rope_theta",
};
const KEYS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  llama: LLAMA,
  qwen2: LLAMA,
  qwen3: LLAMA,
  gpt2: {
    block_count: "n_layer",
    context_length: "n_positions",
    embedding_length: "n_embd",
    feed_forward_length: "n_inner",
    "attention.head_count": "n_head",
    "attention.layer_norm_epsilon": "layer_norm_epsilon",
  },
  gpt_neox: {
    ...COMMON,
    "attention.layer_norm_epsilon": "layer_norm_eps",
    use_parallel_residual: "use_parallel_residual",
    "rope.freq_base": "rope_theta",
  },
};

/** Keys that say nothing new once checked: sizes that follow from others. */
const IMPLIED = new Set([
  "vocab_size",
  "rope.dimension_count",
  "attention.value_length",
  "attention.head_count_kv",
]);

/**
 * The configuration that `metadata` describes.
 *
 * @param frequencyFactors values of rope_freqs.weight, where the file has it
 * @throws {InputError} "config" for an architecture or a key that is not supported, by name
 */
export function ggufConfig(
  { metadata, tensors }: Gguf,
  path: string,
  frequencyFactors?: readonly number[],
): Record<string, unknown> {
  const architecture = String(metadata.get("general.architecture"));
  const type = Object.hasOwn(TYPES, architecture) ? TYPES[architecture]! : undefined;
  if (!type) {
    throw new InputError(
      "config",
      `${path} has the architecture ${JSON.stringify(architecture)}, which is not supported (supported: ${Object.keys(TYPES).join(", ")})`,
    );
  }
  const prefix = `${architecture}.`;
  const own = new Map(
    [...metadata]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
  const config: Record<string, unknown> = {
    model_type: type,
    ...scaling(own, frequencyFactors),
  };
  const unknown: string[] = [];
  for (const [key, value] of own) {
    const name = KEYS[type]![key];
    if (name) config[name] = typeof value === "bigint" ? Number(value) : value;
    else if (!IMPLIED.has(key) && !key.startsWith("rope.scaling.")) unknown.push(`${prefix}${key}`);
  }
  if (unknown.length > 0)
    throw new InputError(
      "config",
      `${path} has keys that are not supported: ${unknown.join(", ")}`,
    );
  config["vocab_size"] = tensors.get("token_embd.weight")?.shape[0] ?? own.get("vocab_size");
  config["tie_word_embeddings"] = !tensors.has("output.weight");
  if (tensors.has("blk.0.attn_q.bias") && type === "llama") config["attention_bias"] = true;
  Object.assign(config, partialRotation(own, config, type), specialIds(metadata));
  return config;
}

/** NeoX turns a part of each head; others all of it. */
function partialRotation(
  own: ReadonlyMap<string, unknown>,
  config: Record<string, unknown>,
  type: string,
) {
  const turned = Number(own.get("rope.dimension_count") ?? NaN);
  const dHead = Number(
    config["head_dim"] ?? Number(config["hidden_size"]) / Number(config["num_attention_heads"]),
  );
  return Number.isNaN(turned) || type === "gpt2" ? {} : { partial_rotary_factor: turned / dHead };
}

/** Linear scaling is a factor; LLaMA 3's is a table of one factor for each pair, and then nothing else. */
function scaling(own: ReadonlyMap<string, unknown>, factors?: readonly number[]) {
  if (factors) {
    return { rope_scaling: { rope_type: "frequency_factors", frequency_factors: [...factors] } };
  }
  const type = own.get("rope.scaling.type");
  if (type === undefined || type === "none") return {};
  return {
    rope_scaling: { rope_type: String(type), factor: Number(own.get("rope.scaling.factor")) },
  };
}

function specialIds(metadata: ReadonlyMap<string, unknown>) {
  const names = {
    bos: "bos_token_id",
    eos: "eos_token_id",
    padding: "pad_token_id",
    unknown: "unk_token_id",
  };
  return Object.fromEntries(
    Object.entries(names).flatMap(([key, name]) => {
      const id = metadata.get(`tokenizer.ggml.${key}_token_id`);
      return id === undefined ? [] : [[name, Number(id)]];
    }),
  );
}
