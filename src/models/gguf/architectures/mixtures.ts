/** @file Mixtures of experts; Mixtral is in llama.ts, because llama.cpp calls it llama. */
import type { GgufArchitecture } from "../architecture.ts";
import type { GgufFacts } from "../facts.ts";
import {
  attention,
  biases,
  ENDS,
  GATED_MLP,
  GRANITE_KEYS,
  IMPLIED,
  layerTypes,
  LLAMA_KEYS,
  PRE_NORMS,
  rope,
  ropeParameters,
  ROUTED,
  sharedExpert,
  SIZES,
  TABLES,
} from "../parts.ts";
import {
  eachTransposed,
  gateThenUp,
  gateUpInTurns,
  joinedRows,
  keysThenValues,
  renameTo,
} from "../rules.ts";

const LAYER = "model.layers.{}";
const MLP = `${LAYER}.mlp`;
const COUNTS = { expert_count: "num_experts", expert_used_count: "num_experts_per_tok" };
const TENSORS = { ...ENDS, ...TABLES, ...PRE_NORMS, ...attention(), ...ROUTED };

const qwen2moe: GgufArchitecture = {
  modelType: "qwen2_moe",
  keys: {
    ...LLAMA_KEYS,
    ...COUNTS,
    expert_feed_forward_length: "moe_intermediate_size",
    expert_shared_feed_forward_length: "shared_expert_intermediate_size",
  },
  moreKeys: IMPLIED,
  more: (facts) => ({
    hidden_act: "silu",
    norm_topk_prob: false,
    decoder_sparse_step: 1,
    mlp_only_layers: [],
    qkv_bias: biases(facts).attention_bias,
    ...rope(facts),
  }),
  tensors: {
    ...TENSORS,
    ...sharedExpert(`${MLP}.shared_expert`),
    "blk.{}.ffn_gate_inp_shexp.weight": `${MLP}.shared_expert_gate.weight`,
  },
};

const qwen3moe: GgufArchitecture = {
  modelType: "qwen3_moe",
  keys: { ...LLAMA_KEYS, ...COUNTS, expert_feed_forward_length: "moe_intermediate_size" },
  moreKeys: IMPLIED,
  more: (facts) => ({
    hidden_act: "silu",
    norm_topk_prob: true,
    decoder_sparse_step: 1,
    mlp_only_layers: [],
    attention_bias: biases(facts).attention_bias,
    ...rope(facts),
  }),
  tensors: TENSORS,
};

const olmoe: GgufArchitecture = {
  modelType: "olmoe",
  keys: { ...LLAMA_KEYS, ...COUNTS, "attention.clamp_kqv": "clip_qkv" },
  moreKeys: [...IMPLIED, "expert_feed_forward_length"],
  more: (facts) => ({
    hidden_act: "silu",
    norm_topk_prob: false,
    attention_bias: false,
    ...rope(facts),
  }),
  tensors: TENSORS,
};

const BLOCK = `${LAYER}.block_sparse_moe`;

const SHARED = `${LAYER}.shared_mlp`;

const granitemoe: GgufArchitecture = {
  modelType: (facts) =>
    facts.number("expert_shared_feed_forward_length") ? "granitemoeshared" : "granitemoe",
  keys: {
    ...GRANITE_KEYS,
    expert_count: "num_local_experts",
    expert_used_count: "num_experts_per_tok",
    expert_shared_feed_forward_length: "shared_intermediate_size",
  },
  moreKeys: [...IMPLIED, "expert_feed_forward_length"],
  more: (facts) => ({
    hidden_act: "silu",
    attention_bias: biases(facts).attention_bias,
    ...rope(facts),
  }),
  tensors: {
    ...ENDS,
    ...TABLES,
    ...PRE_NORMS,
    ...attention({ pairs: true }),
    "blk.{}.ffn_gate_shexp.weight": joinedRows(
      `${SHARED}.input_linear.weight`,
      "blk.{}.ffn_up_shexp.weight",
    ),
    "blk.{}.ffn_up_shexp.weight": null, // taken with the gate
    "blk.{}.ffn_down_shexp.weight": `${SHARED}.output_linear.weight`,
    "blk.{}.ffn_gate_inp.weight": `${BLOCK}.router.layer.weight`,
    "blk.{}.ffn_gate_exps.weight": gateThenUp(
      `${BLOCK}.input_linear.weight`,
      "blk.{}.ffn_up_exps.weight",
    ),
    "blk.{}.ffn_up_exps.weight": null, // taken with the gates
    "blk.{}.ffn_down_exps.weight": `${BLOCK}.output_linear.weight`,
  },
};

/** llama.cpp rounds the borders of YaRN's ramp, the model itself does not. */
const gptOss: GgufArchitecture = {
  modelType: "gpt_oss",
  keys: {
    ...LLAMA_KEYS,
    "attention.sliding_window": "sliding_window",
    expert_count: "num_local_experts",
    expert_used_count: "num_experts_per_tok",
    expert_feed_forward_length: "intermediate_size",
  },
  moreKeys: [...IMPLIED, "attention.sliding_window_pattern"],
  more: (facts) => {
    const parameters = ropeParameters(facts);
    const yarn = parameters["rope_type"] === "yarn";
    return {
      hidden_act: "silu",
      attention_bias: biases(facts).attention_bias,
      layer_types: layerTypes(facts, 2),
      swiglu_alpha: 1.702,
      swiglu_limit: 7,
      rope_parameters: { ...parameters, ...(yarn && { truncate: false }) },
    };
  },
  tensors: {
    ...ENDS,
    ...TABLES,
    ...attention(),
    ...renameTo("blk.{}.attn_norm", `${LAYER}.input_layernorm`),
    ...renameTo("blk.{}.post_attention_norm", `${LAYER}.post_attention_layernorm`),
    ...renameTo("blk.{}.ffn_norm", `${LAYER}.post_attention_layernorm`),
    "blk.{}.attn_sinks.weight": `${LAYER}.self_attn.sinks`,
    ...renameTo("blk.{}.ffn_gate_inp", `${MLP}.router`),
    "blk.{}.ffn_gate_exps.weight": gateUpInTurns(
      `${MLP}.experts.gate_up_proj`,
      "blk.{}.ffn_up_exps.weight",
    ),
    "blk.{}.ffn_gate_exps.bias": gateUpInTurns(
      `${MLP}.experts.gate_up_proj_bias`,
      "blk.{}.ffn_up_exps.bias",
    ),
    "blk.{}.ffn_up_exps.weight": null, // taken with the gates
    "blk.{}.ffn_up_exps.bias": null,
    "blk.{}.ffn_down_exps.weight": eachTransposed(`${MLP}.experts.down_proj`),
    "blk.{}.ffn_down_exps.bias": `${MLP}.experts.down_proj_bias`,
  },
};

const SIGMOID = 2;

/** DeepSeek 3 corrects the choice of experts by a bias, and takes a sigmoid where 2 takes a softmax. */
function isDeepseek3(facts: GgufFacts): boolean {
  return facts.number("expert_gating_func") === SIGMOID || facts.has("blk.{}.exp_probs_b.bias");
}

const deepseek2: GgufArchitecture = {
  modelType: (facts) => (isDeepseek3(facts) ? "deepseek_v3" : "deepseek_v2"),
  keys: {
    ...SIZES,
    "attention.layer_norm_rms_epsilon": "rms_norm_eps",
    "attention.q_lora_rank": "q_lora_rank",
    "attention.kv_lora_rank": "kv_lora_rank",
    leading_dense_block_count: "first_k_dense_replace",
    expert_count: "n_routed_experts",
    expert_used_count: "num_experts_per_tok",
    expert_shared_count: "n_shared_experts",
    expert_feed_forward_length: "moe_intermediate_size",
    expert_weights_scale: "routed_scaling_factor",
    expert_group_count: "n_group",
    expert_group_used_count: "topk_group",
  },
  moreKeys: [
    ...IMPLIED,
    "attention.head_count_kv",
    "attention.key_length",
    "attention.key_length_mla",
    "attention.value_length_mla",
    "expert_gating_func",
    "expert_weights_norm",
  ],
  more: deepseekMore,
  tensors: {
    ...ENDS,
    ...TABLES,
    ...PRE_NORMS,
    ...attention(),
    ...GATED_MLP,
    ...ROUTED,
    ...sharedExpert(`${MLP}.shared_experts`),
    "blk.{}.exp_probs_b.bias": `${MLP}.gate.e_score_correction_bias`,
    "blk.{}.attn_q_a.weight": `${LAYER}.self_attn.q_a_proj.weight`,
    "blk.{}.attn_q_a_norm.weight": `${LAYER}.self_attn.q_a_layernorm.weight`,
    "blk.{}.attn_q_b.weight": `${LAYER}.self_attn.q_b_proj.weight`,
    "blk.{}.attn_kv_a_mqa.weight": `${LAYER}.self_attn.kv_a_proj_with_mqa.weight`,
    "blk.{}.attn_kv_a_norm.weight": `${LAYER}.self_attn.kv_a_layernorm.weight`,
    "blk.{}.attn_kv_b.weight": `${LAYER}.self_attn.kv_b_proj.weight`, // files of before April 2025
    "blk.{}.attn_k_b.weight": keysThenValues(
      `${LAYER}.self_attn.kv_b_proj.weight`,
      "blk.{}.attn_v_b.weight",
    ),
    "blk.{}.attn_v_b.weight": null, // taken with the keys
  },
};

function deepseekMore(facts: GgufFacts): Record<string, unknown> {
  const ropeSize = facts.requireKey("rope.dimension_count");
  const keySize =
    facts.number("attention.key_length_mla") ?? facts.requireKey("attention.key_length");
  const valueSize =
    facts.number("attention.value_length_mla") ?? facts.requireKey("attention.value_length");
  const groups = facts.number("expert_group_count") ?? 0;
  const v2 = {
    q_lora_rank: facts.number("attention.q_lora_rank") ?? null,
    topk_method: groups > 1 ? "group_limited_greedy" : "greedy",
  };
  return {
    hidden_act: "silu",
    num_key_value_heads: facts.heads,
    qk_rope_head_dim: ropeSize,
    qk_nope_head_dim: keySize - ropeSize,
    v_head_dim: valueSize,
    norm_topk_prob: facts.own.get("expert_weights_norm") === true,
    attention_bias: false,
    ...(isDeepseek3(facts) ? { rope_interleave: true } : v2),
    rope_parameters: deepseekRope(facts),
  };
}

/** The scale of scores under YaRN is kept as a tenth of mscale_all_dim. */
function deepseekRope(facts: GgufFacts): Record<string, unknown> {
  const parameters = ropeParameters(facts);
  const tenth = facts.number("rope.scaling.yarn_log_multiplier");
  if (parameters["rope_type"] !== "yarn" || tenth === undefined) return parameters;
  const scale = Number((tenth * 10).toPrecision(6));
  return { ...parameters, mscale: scale, mscale_all_dim: scale };
}

export const MIXTURES: Readonly<Record<string, GgufArchitecture>> = {
  qwen2moe,
  qwen3moe,
  olmoe,
  granitemoe,
  "gpt-oss": gptOss,
  deepseek2,
};
