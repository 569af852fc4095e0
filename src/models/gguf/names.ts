/** @file Tensor names of GGUF and of Hugging Face checkpoints, as data. @see llama.cpp, gguf-py/gguf/tensor_mapping.py */

/** `{}` stands for the layer; null is known and not needed. */
const LLAMA = {
  "token_embd.weight": "model.embed_tokens.weight",
  "output_norm.weight": "model.norm.weight",
  "output.weight": "lm_head.weight",
  "rope_freqs.weight": null,
  "blk.{}.attn_rot_embd": null,
  "blk.{}.attn_norm.weight": "model.layers.{}.input_layernorm.weight",
  "blk.{}.attn_q.weight": "model.layers.{}.self_attn.q_proj.weight",
  "blk.{}.attn_k.weight": "model.layers.{}.self_attn.k_proj.weight",
  "blk.{}.attn_v.weight": "model.layers.{}.self_attn.v_proj.weight",
  "blk.{}.attn_output.weight": "model.layers.{}.self_attn.o_proj.weight",
  "blk.{}.attn_q.bias": "model.layers.{}.self_attn.q_proj.bias",
  "blk.{}.attn_k.bias": "model.layers.{}.self_attn.k_proj.bias",
  "blk.{}.attn_v.bias": "model.layers.{}.self_attn.v_proj.bias",
  "blk.{}.attn_output.bias": "model.layers.{}.self_attn.o_proj.bias",
  "blk.{}.attn_q_norm.weight": "model.layers.{}.self_attn.q_norm.weight",
  "blk.{}.attn_k_norm.weight": "model.layers.{}.self_attn.k_norm.weight",
  "blk.{}.ffn_norm.weight": "model.layers.{}.post_attention_layernorm.weight",
  "blk.{}.ffn_gate.weight": "model.layers.{}.mlp.gate_proj.weight",
  "blk.{}.ffn_up.weight": "model.layers.{}.mlp.up_proj.weight",
  "blk.{}.ffn_down.weight": "model.layers.{}.mlp.down_proj.weight",
  "blk.{}.ffn_gate.bias": "model.layers.{}.mlp.gate_proj.bias",
  "blk.{}.ffn_up.bias": "model.layers.{}.mlp.up_proj.bias",
  "blk.{}.ffn_down.bias": "model.layers.{}.mlp.down_proj.bias",
} as const;

/** A module with weight and bias. */
function module<From extends string, To extends string>(from: From, to: To) {
  return { [`${from}.weight`]: `${to}.weight`, [`${from}.bias`]: `${to}.bias` };
}

const GPT2 = {
  "token_embd.weight": "transformer.wte.weight",
  "position_embd.weight": "transformer.wpe.weight",
  "output.weight": "lm_head.weight",
  ...module("output_norm", "transformer.ln_f"),
  ...module("blk.{}.attn_norm", "transformer.h.{}.ln_1"),
  ...module("blk.{}.attn_qkv", "transformer.h.{}.attn.c_attn"),
  ...module("blk.{}.attn_output", "transformer.h.{}.attn.c_proj"),
  ...module("blk.{}.ffn_norm", "transformer.h.{}.ln_2"),
  ...module("blk.{}.ffn_up", "transformer.h.{}.mlp.c_fc"),
  ...module("blk.{}.ffn_down", "transformer.h.{}.mlp.c_proj"),
};

const GPT_NEOX = {
  "token_embd.weight": "gpt_neox.embed_in.weight",
  "output.weight": "embed_out.weight",
  ...module("output_norm", "gpt_neox.final_layer_norm"),
  ...module("blk.{}.attn_norm", "gpt_neox.layers.{}.input_layernorm"),
  ...module("blk.{}.attn_qkv", "gpt_neox.layers.{}.attention.query_key_value"),
  ...module("blk.{}.attn_output", "gpt_neox.layers.{}.attention.dense"),
  ...module("blk.{}.ffn_norm", "gpt_neox.layers.{}.post_attention_layernorm"),
  ...module("blk.{}.ffn_up", "gpt_neox.layers.{}.mlp.dense_h_to_4h"),
  ...module("blk.{}.ffn_down", "gpt_neox.layers.{}.mlp.dense_4h_to_h"),
};

const NAMES: Readonly<Record<string, Readonly<Record<string, string | null>>>> = {
  llama: LLAMA,
  mistral: LLAMA,
  qwen2: LLAMA,
  qwen3: LLAMA,
  gpt2: GPT2,
  gpt_neox: GPT_NEOX,
};

/** The Hugging Face name of a GGUF tensor; null if the tensor is not needed, undefined if it is not known. */
export function huggingFaceName(modelType: string, name: string): string | null | undefined {
  const layer = /^blk\.(\d+)\./.exec(name)?.[1];
  const table = NAMES[modelType] ?? {};
  const pattern = layer === undefined ? name : name.replace(`blk.${layer}.`, "blk.{}.");
  if (!Object.hasOwn(table, pattern)) return undefined;
  return table[pattern]?.replace("{}", layer ?? "") ?? null;
}
