/** @file Mixtures of experts whose router has a correction (DeepSeek-V3's way), and Llama 4. */
import type { GgufArchitecture } from "../architecture.ts";
import type { GgufFacts } from "../facts.ts";
import {
  attention,
  biases,
  ENDS,
  experts,
  GATED_MLP,
  IMPLIED,
  LLAMA_KEYS,
  partialRope,
  PRE_NORMS,
  rope,
  ROUTED,
  sharedExpert,
  TABLES,
} from "../parts.ts";
import { eachTransposed, gateThenUpTransposed, renameTo } from "../rules.ts";

const LAYER = "model.layers.{}";
const MLP = `${LAYER}.mlp`;
const TENSORS = { ...ENDS, ...TABLES, ...PRE_NORMS, ...GATED_MLP };
const SHARED = sharedExpert(`${MLP}.shared_experts`);

const COUNTS = {
  leading_dense_block_count: "first_k_dense_replace",
  expert_count: "n_routed_experts",
  expert_used_count: "num_experts_per_tok",
  expert_shared_count: "n_shared_experts",
  expert_feed_forward_length: "moe_intermediate_size",
  expert_weights_scale: "routed_scaling_factor",
  expert_group_count: "n_group",
  expert_group_used_count: "topk_group",
};

const routed = (facts: GgufFacts) => ({
  hidden_act: "silu",
  attention_bias: biases(facts).attention_bias,
  norm_topk_prob: facts.own.get("expert_weights_norm") === true,
});

const dots1: GgufArchitecture = {
  modelType: "dots1",
  keys: { ...LLAMA_KEYS, ...COUNTS },
  moreKeys: [...IMPLIED, "expert_gating_func", "expert_weights_norm"],
  more: (facts) => ({ ...routed(facts), sliding_window: null, ...rope(facts) }),
  tensors: {
    ...TENSORS,
    ...attention(),
    ...ROUTED,
    ...SHARED,
    "blk.{}.exp_probs_b.bias": `${MLP}.gate.e_score_correction_bias`,
  },
};

const NEXT = ["eh_proj", "embed_tokens", "enorm", "hnorm", "shared_head_head", "shared_head_norm"];

/** GLM-4.5, and Solar Open, which is it but for what the file says. Layers that guess further tokens are left aside. */
const glm4moe: GgufArchitecture = {
  modelType: "glm4_moe",
  keys: { ...LLAMA_KEYS, ...COUNTS },
  moreKeys: [
    ...IMPLIED,
    "expert_gating_func",
    "expert_weights_norm",
    "nextn_predict_layers",
    "rope.dimension_sections",
  ],
  more: (facts) => ({
    ...routed(facts),
    first_k_dense_replace: facts.number("leading_dense_block_count") ?? 0,
    num_hidden_layers: facts.layers - (facts.number("nextn_predict_layers") ?? 0),
    use_qk_norm: facts.has("blk.{}.attn_q_norm.weight"),
    ...partialRope(facts),
  }),
  tensors: {
    ...TENSORS,
    ...attention(),
    ...ROUTED,
    ...SHARED,
    ...renameTo("blk.{}.post_attention_norm", `${LAYER}.post_attention_layernorm`),
    "blk.{}.exp_probs_b.bias": `${MLP}.gate.e_score_correction_bias`,
    ...Object.fromEntries(NEXT.map((name) => [`blk.{}.nextn.${name}.weight`, null])),
  },
};

const ernie45Moe: GgufArchitecture = {
  modelType: "ernie4_5_moe",
  keys: {
    ...LLAMA_KEYS,
    expert_count: "moe_num_experts",
    expert_used_count: "moe_k",
    interleave_moe_layer_step: "moe_layer_interval",
    leading_dense_block_count: "moe_layer_start_index",
    expert_feed_forward_length: "moe_intermediate_size",
    expert_shared_count: "moe_num_shared_experts",
  },
  moreKeys: [...IMPLIED, "expert_shared_feed_forward_length"],
  more: (facts) => ({
    hidden_act: "silu",
    use_bias: biases(facts).attention_bias,
    ...rope(facts),
  }),
  tensors: {
    ...TENSORS,
    ...attention(),
    ...ROUTED,
    ...SHARED,
    "blk.{}.exp_probs_b.bias": `${MLP}.moe_statics.e_score_correction_bias`,
  },
};

const BLOCK = `${LAYER}.block_sparse_moe`;

const minimaxM2: GgufArchitecture = {
  modelType: "minimax_m2",
  keys: {
    ...LLAMA_KEYS,
    expert_count: "num_local_experts",
    expert_used_count: "num_experts_per_tok",
    "rope.dimension_count": "rotary_dim",
  },
  moreKeys: [...IMPLIED, "expert_feed_forward_length", "expert_gating_func"],
  more: (facts) => ({ hidden_act: "silu", ...partialRope(facts) }),
  tensors: {
    ...TENSORS,
    ...attention(),
    "blk.{}.ffn_gate_inp.weight": `${BLOCK}.gate.weight`,
    "blk.{}.exp_probs_b.bias": `${BLOCK}.e_score_correction_bias`,
    ...experts(`${BLOCK}.experts`, { gate: "w1", up: "w3", down: "w2" }),
  },
};

const FEED = `${LAYER}.feed_forward`;
/** What llama.cpp has built in: the length of chunks, and the temperature of layers that do not turn. */
const BUILT_IN = {
  attention_chunk_size: 8192,
  attn_temperature_tuning: true,
  floor_scale: 8192,
  attn_scale: 0.1,
};

/** Every fourth layer sees everything and turns nothing; with a window of 0 (MobileLLM) all see everything and turn. */
const llama4: GgufArchitecture = {
  modelType: "llama4_text",
  keys: {
    ...LLAMA_KEYS,
    feed_forward_length: "intermediate_size_mlp",
    expert_feed_forward_length: "intermediate_size",
    expert_count: "num_local_experts",
    expert_used_count: "num_experts_per_tok",
    interleave_moe_layer_step: "interleave_moe_layer_step",
  },
  moreKeys: [...IMPLIED, "attention.sliding_window"],
  more: (facts) => {
    const full = facts.number("attention.sliding_window") === 0;
    const turns = (layer: number) => full || (layer + 1) % 4 !== 0;
    const layers = Array.from({ length: facts.layers }, (_, layer) => layer);
    return {
      ...BUILT_IN,
      hidden_act: "silu",
      attention_bias: biases(facts).attention_bias,
      use_qk_norm: facts.number("expert_count") !== 128, // as llama.cpp tells Maverick, which has none
      no_rope_layers: layers.map((layer) => Number(turns(layer))),
      layer_types: layers.map((layer) =>
        turns(layer) && !full ? "chunked_attention" : "full_attention",
      ),
      ...rope(facts),
    };
  },
  tensors: {
    ...ENDS,
    ...TABLES,
    ...PRE_NORMS,
    ...attention(),
    ...renameTo("blk.{}.ffn_gate", `${FEED}.gate_proj`),
    ...renameTo("blk.{}.ffn_up", `${FEED}.up_proj`),
    ...renameTo("blk.{}.ffn_down", `${FEED}.down_proj`),
    ...sharedExpert(`${FEED}.shared_expert`),
    "blk.{}.ffn_gate_inp.weight": `${FEED}.router.weight`,
    "blk.{}.ffn_gate_exps.weight": gateThenUpTransposed(
      `${FEED}.experts.gate_up_proj`,
      "blk.{}.ffn_up_exps.weight",
    ),
    "blk.{}.ffn_up_exps.weight": null, // taken with the gates
    "blk.{}.ffn_down_exps.weight": eachTransposed(`${FEED}.experts.down_proj`),
  },
};

export const WITH_CORRECTION: Readonly<Record<string, GgufArchitecture>> = {
  dots1,
  glm4moe,
  "ernie4_5-moe": ernie45Moe,
  "minimax-m2": minimaxM2,
  llama4,
};
