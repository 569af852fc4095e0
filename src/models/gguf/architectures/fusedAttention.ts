/** @file Architectures with queries, keys and values in one matrix, or with an MLP without gate: GPT-2 and its like. */
import type { GgufArchitecture } from "../architecture.ts";
import type { GgufFacts } from "../facts.ts";
import {
  attention,
  biases,
  ENDS,
  GATED_MLP,
  HEAD_SIZE,
  IMPLIED,
  KV_HEADS,
  LLAMA_KEYS,
  partialRope,
  PRE_NORMS,
  rope,
  SIZES,
  TABLES,
} from "../parts.ts";
import { each, grouped, remade, renameTo, type TensorRule } from "../rules.ts";

const LAYER = "model.layers.{}";
const LAYER_NORM = { "attention.layer_norm_epsilon": "layer_norm_eps" };
const OLD_LAYER_NORM = { "attention.layer_norm_epsilon": "layer_norm_epsilon" };

/** Rows of a matrix of the first layer that has it: what some files say wrong in their metadata. */
function rowsOf(facts: GgufFacts, part: string): number | undefined {
  const entry = [...facts.tensors].find(([name]) => name.endsWith(`.${part}.weight`));
  return entry?.[1].shape[0];
}

const GPT2_TENSORS: Readonly<Record<string, TensorRule>> = {
  "token_embd.weight": "transformer.wte.weight",
  "position_embd.weight": "transformer.wpe.weight",
  "output.weight": "lm_head.weight",
  ...renameTo("output_norm", "transformer.ln_f"),
  ...renameTo("blk.{}.attn_norm", "transformer.h.{}.ln_1"),
  ...renameTo("blk.{}.attn_qkv", "transformer.h.{}.attn.c_attn"),
  ...renameTo("blk.{}.attn_output", "transformer.h.{}.attn.c_proj"),
  ...renameTo("blk.{}.ffn_norm", "transformer.h.{}.ln_2"),
  ...renameTo("blk.{}.ffn_up", "transformer.h.{}.mlp.c_fc"),
  ...renameTo("blk.{}.ffn_down", "transformer.h.{}.mlp.c_proj"),
};
const GPT2_KEYS = {
  block_count: "n_layer",
  context_length: "n_positions",
  embedding_length: "n_embd",
  "attention.head_count": "n_head",
  ...OLD_LAYER_NORM,
};

/** Matrices are [out, in] in the file, and are read so where they lie. */
const gpt2: GgufArchitecture = {
  modelType: "gpt2",
  keys: GPT2_KEYS,
  moreKeys: [...IMPLIED, "feed_forward_length", "attention.head_count_kv"],
  more: (facts) => ({ n_inner: rowsOf(facts, "ffn_up") }),
  tensors: GPT2_TENSORS,
  layout: "nanogpt",
};

const starcoder: GgufArchitecture = {
  modelType: "gpt_bigcode",
  keys: GPT2_KEYS,
  moreKeys: [...IMPLIED, "feed_forward_length", "attention.head_count_kv"],
  more: (facts) => ({
    n_inner: rowsOf(facts, "ffn_up"),
    activation_function: "gelu_pytorch_tanh",
    multi_query: facts.kvHeads === 1,
  }),
  tensors: GPT2_TENSORS,
};

const starcoder2: GgufArchitecture = {
  modelType: "starcoder2",
  keys: { ...SIZES, ...KV_HEADS, "attention.layer_norm_epsilon": "norm_epsilon" },
  moreKeys: [...IMPLIED, "attention.key_length"],
  more: (facts) => ({
    hidden_act: "gelu_pytorch_tanh",
    use_bias: biases(facts).attention_bias,
    sliding_window: null, // files do not say it
    ...rope(facts),
  }),
  tensors: {
    ...ENDS,
    ...TABLES,
    ...PRE_NORMS,
    ...attention(),
    ...renameTo("blk.{}.ffn_up", `${LAYER}.mlp.c_fc`),
    ...renameTo("blk.{}.ffn_down", `${LAYER}.mlp.c_proj`),
  },
};

const gptneox: GgufArchitecture = {
  modelType: "gpt_neox",
  keys: { ...SIZES, ...LAYER_NORM, use_parallel_residual: "use_parallel_residual" },
  moreKeys: IMPLIED,
  more: (facts) => ({
    hidden_act: "gelu",
    attention_bias: facts.has("blk.{}.attn_qkv.bias"),
    ...partialRope(facts),
  }),
  tensors: {
    "token_embd.weight": "gpt_neox.embed_in.weight",
    "output.weight": "embed_out.weight",
    ...TABLES,
    ...renameTo("output_norm", "gpt_neox.final_layer_norm"),
    ...renameTo("blk.{}.attn_norm", "gpt_neox.layers.{}.input_layernorm"),
    ...remade("blk.{}.attn_qkv", "gpt_neox.layers.{}.attention.query_key_value", grouped),
    ...renameTo("blk.{}.attn_output", "gpt_neox.layers.{}.attention.dense"),
    ...renameTo("blk.{}.ffn_norm", "gpt_neox.layers.{}.post_attention_layernorm"),
    ...renameTo("blk.{}.ffn_up", "gpt_neox.layers.{}.mlp.dense_h_to_4h"),
    ...renameTo("blk.{}.ffn_down", "gpt_neox.layers.{}.mlp.dense_4h_to_h"),
  },
};

const H = "transformer.h.{}";
const BLOOM_TENSORS: Readonly<Record<string, TensorRule>> = {
  "token_embd.weight": "transformer.word_embeddings.weight",
  "output.weight": "lm_head.weight",
  ...renameTo("token_embd_norm", "transformer.word_embeddings_layernorm"),
  ...renameTo("output_norm", "transformer.ln_f"),
  ...renameTo("blk.{}.attn_norm", `${H}.input_layernorm`),
  ...remade("blk.{}.attn_qkv", `${H}.self_attention.query_key_value`, grouped),
  ...renameTo("blk.{}.attn_output", `${H}.self_attention.dense`),
  ...renameTo("blk.{}.ffn_norm", `${H}.post_attention_layernorm`),
  ...renameTo("blk.{}.ffn_up", `${H}.mlp.dense_h_to_4h`),
  ...renameTo("blk.{}.ffn_down", `${H}.mlp.dense_4h_to_h`),
};

/** Its positions are slopes, so the length of its context is not a size of its tensors. */
const bloom: GgufArchitecture = {
  modelType: "bloom",
  keys: {
    block_count: "n_layer",
    embedding_length: "hidden_size",
    "attention.head_count": "n_head",
    ...OLD_LAYER_NORM,
  },
  moreKeys: [...IMPLIED, "context_length", "feed_forward_length", "attention.head_count_kv"],
  more: () => ({}),
  tensors: BLOOM_TENSORS,
};

const falcon: GgufArchitecture = {
  modelType: "falcon",
  keys: {
    block_count: "num_hidden_layers",
    context_length: "max_position_embeddings",
    embedding_length: "hidden_size",
    "attention.head_count": "num_attention_heads",
    "attention.head_count_kv": "num_kv_heads",
    ...OLD_LAYER_NORM,
  },
  moreKeys: [...IMPLIED, "feed_forward_length", "tensor_data_layout"],
  more: (facts) => {
    const isNew = facts.kvHeads > 1; // from Falcon 40B on
    const norms = facts.has("blk.{}.attn_norm_2.weight") ? 2 : 1;
    return {
      activation: "gelu",
      alibi: false,
      bias: false,
      ffn_hidden_size: rowsOf(facts, "ffn_up"),
      multi_query: true,
      new_decoder_architecture: isNew,
      parallel_attn: true,
      num_ln_in_parallel_attn: isNew ? norms : null,
      ...rope(facts),
    };
  },
  tensors: {
    ...BLOOM_TENSORS,
    ...TABLES,
    ...remade("blk.{}.attn_norm", H, falconNorm),
    ...renameTo("blk.{}.attn_norm_2", `${H}.ln_attn`),
  },
};

/** The norm before attention and MLP; where attention has one of its own, this is the MLP's. */
function falconNorm(to: string): TensorRule {
  const kind = to.endsWith(".weight") ? "weight" : "bias";
  return ({ tensor: { shape, ...run }, beside }) => {
    const norm = beside("blk.{}.attn_norm_2.weight") ? "ln_mlp" : "input_layernorm";
    return { [`${H}.${norm}.${kind}`]: { shape, runs: [run] } };
  };
}

const mpt: GgufArchitecture = {
  modelType: "mpt",
  keys: {
    block_count: "n_layers",
    context_length: "max_seq_len",
    embedding_length: "d_model",
    "attention.head_count": "n_heads",
    ...OLD_LAYER_NORM,
  },
  moreKeys: [
    ...IMPLIED,
    "feed_forward_length",
    "attention.head_count_kv",
    "attention.max_alibi_bias",
    "attention.clamp_kqv",
  ],
  more: (facts) => ({
    expansion_ratio: (rowsOf(facts, "ffn_up") ?? NaN) / facts.requireKey("embedding_length"),
    no_bias: !facts.has("blk.{}.attn_qkv.bias"),
    attn_config: mptAttention(facts),
  }),
  tensors: {
    "token_embd.weight": "transformer.wte.weight",
    "position_embd.weight": "transformer.wpe.weight",
    "output.weight": "lm_head.weight",
    ...renameTo("output_norm", "transformer.norm_f"),
    ...renameTo("blk.{}.attn_norm", "transformer.blocks.{}.norm_1"),
    ...renameTo("blk.{}.attn_qkv", "transformer.blocks.{}.attn.Wqkv"),
    ...renameTo("blk.{}.attn_q_norm", "transformer.blocks.{}.attn.q_ln"),
    ...renameTo("blk.{}.attn_k_norm", "transformer.blocks.{}.attn.k_ln"),
    ...renameTo("blk.{}.attn_output", "transformer.blocks.{}.attn.out_proj"),
    ...renameTo("blk.{}.ffn_norm", "transformer.blocks.{}.norm_2"),
    ...renameTo("blk.{}.ffn_up", "transformer.blocks.{}.ffn.up_proj"),
    ...renameTo("blk.{}.ffn_down", "transformer.blocks.{}.ffn.down_proj"),
  },
};

function mptAttention(facts: GgufFacts): Record<string, unknown> {
  const most = facts.number("attention.max_alibi_bias") ?? 0;
  const shared = facts.kvHeads !== facts.heads;
  return {
    attn_type: shared ? "grouped_query_attention" : "multihead_attention",
    ...(shared && { kv_n_heads: facts.kvHeads }),
    alibi: most > 0,
    ...(most > 0 && { alibi_bias_max: most }),
    clip_qkv: facts.number("attention.clamp_kqv") ?? null,
    qk_ln: facts.has("blk.{}.attn_q_norm.weight"),
    prefix_lm: false,
    softmax_scale: null,
  };
}

const phi2: GgufArchitecture = {
  modelType: "phi",
  keys: { ...SIZES, ...LAYER_NORM },
  moreKeys: [...IMPLIED, "attention.head_count_kv", "attention.key_length"],
  more: (facts) => ({
    hidden_act: "gelu_new",
    intermediate_size: rowsOf(facts, "ffn_up"), // the key says four times the width whatever it is
    num_key_value_heads: phiKeyHeads(facts),
    qk_layernorm: false,
    ...partialRope(facts),
  }),
  tensors: {
    "token_embd.weight": "model.embed_tokens.weight",
    ...renameTo("output_norm", "model.final_layernorm"),
    ...renameTo("output", "lm_head"),
    ...TABLES,
    ...renameTo("blk.{}.attn_norm", `${LAYER}.input_layernorm`),
    ...attention(),
    ...renameTo("blk.{}.attn_output", `${LAYER}.self_attn.dense`),
    ...renameTo("blk.{}.ffn_up", `${LAYER}.mlp.fc1`),
    ...renameTo("blk.{}.ffn_down", `${LAYER}.mlp.fc2`),
  },
};

/** The key says as many as heads whatever they are; the matrix shows it. */
function phiKeyHeads(facts: GgufFacts): number {
  const rows = rowsOf(facts, "attn_k");
  return rows === undefined ? facts.kvHeads : rows / facts.headSize;
}

const phi3: GgufArchitecture = {
  modelType: "phi3",
  keys: {
    ...LLAMA_KEYS,
    "rope.scaling.original_context_length": "original_max_position_embeddings",
  },
  moreKeys: [...IMPLIED, "attention.sliding_window"],
  more: (facts) => ({
    hidden_act: "silu",
    sliding_window: facts.number("attention.sliding_window") || null, // 0 stands for none
    ...partialRope(facts),
  }),
  tensors: {
    ...ENDS,
    ...TABLES,
    ...PRE_NORMS,
    ...renameTo("blk.{}.attn_qkv", `${LAYER}.self_attn.qkv_proj`),
    ...renameTo("blk.{}.attn_output", `${LAYER}.self_attn.o_proj`),
    ...renameTo("blk.{}.ffn_up", `${LAYER}.mlp.gate_up_proj`),
    ...renameTo("blk.{}.ffn_down", `${LAYER}.mlp.down_proj`),
  },
};

const stablelm: GgufArchitecture = {
  modelType: "stablelm",
  keys: {
    ...SIZES,
    ...KV_HEADS,
    ...LAYER_NORM,
    use_parallel_residual: "use_parallel_residual",
  },
  moreKeys: [...IMPLIED, "attention.key_length"],
  more: (facts) => ({
    hidden_act: "silu",
    use_qkv_bias: biases(facts).attention_bias,
    qk_layernorm: facts.has("blk.{}.attn_q_norm.weight"),
    use_parallel_residual: !facts.has("blk.{}.ffn_norm.weight"), // as llama.cpp tells it
    ...partialRope(facts),
  }),
  tensors: {
    ...ENDS,
    ...TABLES,
    ...PRE_NORMS,
    ...GATED_MLP,
    ...attention(),
    "blk.{}.attn_q_norm.weight": each(`${LAYER}.self_attn.q_layernorm.norms.{x}.weight`),
    "blk.{}.attn_k_norm.weight": each(`${LAYER}.self_attn.k_layernorm.norms.{x}.weight`),
  },
};

const chatglm: GgufArchitecture = {
  modelType: "glm",
  keys: { ...SIZES, ...KV_HEADS, ...HEAD_SIZE, "attention.layer_norm_rms_epsilon": "rms_norm_eps" },
  moreKeys: [...IMPLIED, "attention.layer_norm_epsilon"],
  more: (facts) => ({
    hidden_act: "silu",
    head_dim: facts.headSize,
    attention_bias: biases(facts).attention_bias,
    ...partialRope(facts),
  }),
  tensors: {
    ...phi3.tensors,
    ...attention(),
  },
};

export const FUSED: Readonly<Record<string, GgufArchitecture>> = {
  gpt2,
  starcoder,
  starcoder2,
  gptneox,
  bloom,
  falcon,
  mpt,
  phi2,
  phi3,
  stablelm,
  chatglm,
};
