/** @file LLaMA and the architectures that are it with other keys. */
import type { GgufArchitecture } from "../architecture.ts";
import type { GgufFacts } from "../facts.ts";
import {
  attention,
  biases,
  ENDS,
  experts,
  GATED_MLP,
  GRANITE_KEYS,
  IMPLIED,
  LLAMA_KEYS,
  PRE_NORMS,
  rope,
  TABLES,
} from "../parts.ts";
import { renameTo } from "../rules.ts";

const TENSORS = { ...ENDS, ...TABLES, ...PRE_NORMS, ...GATED_MLP };
const LAYER = "model.layers.{}";
const MIXTRAL = `${LAYER}.block_sparse_moe`;

/** What is llama to llama.cpp is Mixtral where it has experts, and Mistral where it has a window. */
const llamaType = (facts: GgufFacts) => {
  if ((facts.number("expert_count") ?? 0) > 0) return "mixtral";
  return facts.number("attention.sliding_window") ? "mistral" : "llama";
};

const llama: GgufArchitecture = {
  modelType: llamaType,
  keys: {
    ...LLAMA_KEYS,
    "attention.sliding_window": "sliding_window",
    expert_count: "num_local_experts",
    expert_used_count: "num_experts_per_tok",
  },
  moreKeys: IMPLIED,
  more: (facts) => {
    const mixtral = llamaType(facts) === "mixtral" && { sliding_window: null };
    return {
      hidden_act: "silu",
      ...(llamaType(facts) === "llama" && biases(facts)),
      ...mixtral,
      ...rope(facts),
    };
  },
  tensors: {
    ...TENSORS,
    ...attention({ pairs: true }),
    "blk.{}.ffn_gate_inp.weight": `${MIXTRAL}.gate.weight`,
    ...experts(`${MIXTRAL}.experts`, { gate: "w1", up: "w3", down: "w2" }),
    "blk.{}.ffn_gate.{x}.weight": `${MIXTRAL}.experts.{x}.w1.weight`, // files of before April 2024
    "blk.{}.ffn_up.{x}.weight": `${MIXTRAL}.experts.{x}.w3.weight`,
    "blk.{}.ffn_down.{x}.weight": `${MIXTRAL}.experts.{x}.w2.weight`,
  },
};

const qwen2: GgufArchitecture = {
  modelType: "qwen2",
  keys: LLAMA_KEYS,
  moreKeys: IMPLIED,
  more: (facts) => ({ hidden_act: "silu", ...rope(facts) }),
  tensors: { ...TENSORS, ...attention() },
};

const qwen3: GgufArchitecture = {
  ...qwen2,
  modelType: "qwen3",
  more: (facts) => ({
    hidden_act: "silu",
    attention_bias: biases(facts).attention_bias,
    ...rope(facts),
  }),
};

/** Every fourth layer has no positions. */
const smollm3: GgufArchitecture = {
  modelType: "smollm3",
  keys: LLAMA_KEYS,
  moreKeys: IMPLIED,
  more: (facts) => ({
    hidden_act: "silu",
    ...biases(facts),
    no_rope_layers: Array.from({ length: facts.layers }, (_, layer) => ((layer + 1) % 4 ? 1 : 0)),
    no_rope_layer_interval: 4,
    ...rope(facts),
  }),
  tensors: { ...TENSORS, ...attention({ pairs: true }) },
};

const granite: GgufArchitecture = {
  modelType: "granite",
  keys: GRANITE_KEYS,
  moreKeys: IMPLIED,
  more: (facts) => ({ hidden_act: "silu", ...biases(facts), ...rope(facts) }),
  tensors: { ...TENSORS, ...attention({ pairs: true }) },
};

const ernie45: GgufArchitecture = {
  modelType: "ernie4_5",
  keys: LLAMA_KEYS,
  moreKeys: IMPLIED,
  more: (facts) => ({
    hidden_act: "silu",
    use_bias: biases(facts).attention_bias,
    ...rope(facts),
  }),
  tensors: { ...TENSORS, ...attention() },
};

/** OLMo has norms without weights. */
const olmo: GgufArchitecture = {
  modelType: "olmo",
  keys: { ...LLAMA_KEYS, "attention.clamp_kqv": "clip_qkv" },
  moreKeys: [...IMPLIED, "attention.layer_norm_epsilon"],
  more: (facts) => ({ hidden_act: "silu", attention_bias: false, ...rope(facts) }),
  tensors: { ...ENDS, ...TABLES, ...GATED_MLP, ...attention({ pairs: true }) },
};

const command: GgufArchitecture = {
  modelType: "cohere",
  keys: {
    ...LLAMA_KEYS,
    "attention.layer_norm_epsilon": "layer_norm_eps",
    logit_scale: "logit_scale",
  },
  moreKeys: IMPLIED,
  more: (facts) => ({
    hidden_act: "silu",
    attention_bias: biases(facts).attention_bias,
    use_qk_norm: facts.has("blk.{}.attn_q_norm.weight"),
    ...rope(facts),
  }),
  tensors: { ...TENSORS, ...attention() },
};

const arcee: GgufArchitecture = {
  modelType: "arcee",
  keys: LLAMA_KEYS,
  moreKeys: IMPLIED,
  more: (facts) => ({ hidden_act: "relu2", ...biases(facts), ...rope(facts) }),
  tensors: { ...TENSORS, ...attention({ pairs: true }) },
};

/** Layer norms, and a plain MLP. */
const jais2: GgufArchitecture = {
  modelType: "jais2",
  keys: { ...LLAMA_KEYS, "attention.layer_norm_epsilon": "layer_norm_eps" },
  moreKeys: IMPLIED,
  more: (facts) => ({ hidden_act: "relu2", ...biases(facts), ...rope(facts) }),
  tensors: { ...TENSORS, ...attention() },
};

const seedOss: GgufArchitecture = {
  modelType: "seed_oss",
  keys: LLAMA_KEYS,
  moreKeys: IMPLIED,
  more: (facts) => ({
    hidden_act: "silu",
    ...biases(facts),
    attention_out_bias: facts.has("blk.{}.attn_output.bias"),
    ...rope(facts),
  }),
  tensors: {
    ...TENSORS,
    ...attention(),
    ...renameTo("blk.{}.post_attention_norm", `${LAYER}.post_attention_layernorm`),
  },
};

/** How positions are shared among directions, which are equal where there is only text, and layers that see images. */
const SIGHT = ["rope.dimension_sections", "n_deepstack_layers"];
const qwen2vl: GgufArchitecture = {
  ...qwen2,
  modelType: "qwen2_vl_text",
  moreKeys: [...IMPLIED, ...SIGHT],
};
const qwen3vl: GgufArchitecture = {
  ...qwen3,
  modelType: "qwen3_vl_text",
  moreKeys: [...IMPLIED, ...SIGHT],
};

export const LLAMA_LIKE: Readonly<Record<string, GgufArchitecture>> = {
  llama,
  qwen2,
  qwen3,
  smollm3,
  granite,
  ernie4_5: ernie45,
  olmo,
  "command-r": command,
  arcee,
  jais2,
  seed_oss: seedOss,
  qwen2vl,
  qwen3vl,
};
