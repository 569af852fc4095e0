/** @file Architectures that differ from LLaMA in their norms: after a part rather than before it, or added to 1. */
import type { GgufArchitecture } from "../architecture.ts";
import type { GgufFacts } from "../facts.ts";
import {
  attention,
  biases,
  ENDS,
  GATED_MLP,
  IMPLIED,
  layerTypes,
  LLAMA_KEYS,
  partialRope,
  POST_NORMS,
  PRE_NORMS,
  rope,
  ropeParameters,
  TABLES,
} from "../parts.ts";
import { lessOne, renameTo, type TensorRule } from "../rules.ts";

const LAYER = "model.layers.{}";
const WINDOW = { "attention.sliding_window": "sliding_window" };
const PATTERN = "attention.sliding_window_pattern";

/** Tensors of which the weights of norms (not of LayerNorm's biases) are stored plus one. */
function normsLessOne(tensors: Readonly<Record<string, TensorRule>>): Record<string, TensorRule> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, rule]) => {
      const isNorm = name.endsWith("norm.weight") && typeof rule === "string";
      return [name, isNorm ? lessOne(rule) : rule];
    }),
  );
}

const GEMMA_TENSORS = normsLessOne({
  ...ENDS,
  ...TABLES,
  ...GATED_MLP,
  ...PRE_NORMS,
  ...attention(),
});
const GEMMA2_TENSORS = normsLessOne({
  ...ENDS,
  ...TABLES,
  ...GATED_MLP,
  ...attention(),
  ...POST_NORMS,
  ...renameTo("blk.{}.attn_norm", `${LAYER}.input_layernorm`),
  ...renameTo("blk.{}.ffn_norm", `${LAYER}.pre_feedforward_layernorm`),
});

const gemma: GgufArchitecture = {
  modelType: "gemma",
  keys: LLAMA_KEYS,
  moreKeys: IMPLIED,
  more: (facts) => ({ hidden_act: "gelu_pytorch_tanh", ...rope(facts) }),
  tensors: GEMMA_TENSORS,
};

/** Scores are divided by the root of the size of a head, but in the 27B models, which llama.cpp tells by their layers. */
function scoreScalar(facts: GgufFacts, layersOf27B: number): number {
  const is27B = facts.layers === layersOf27B;
  return is27B ? facts.requireKey("embedding_length") / facts.heads : facts.headSize;
}

const gemma2: GgufArchitecture = {
  modelType: "gemma2",
  keys: {
    ...LLAMA_KEYS,
    ...WINDOW,
    attn_logit_softcapping: "attn_logit_softcapping",
    final_logit_softcapping: "final_logit_softcapping",
  },
  moreKeys: [...IMPLIED, PATTERN],
  more: (facts) => ({
    hidden_activation: "gelu_pytorch_tanh",
    layer_types: layerTypes(facts, 2),
    query_pre_attn_scalar: scoreScalar(facts, 46),
    ...rope(facts),
  }),
  tensors: GEMMA2_TENSORS,
};

const gemma3: GgufArchitecture = {
  modelType: "gemma3_text",
  keys: { ...LLAMA_KEYS, ...WINDOW, final_logit_softcapping: "final_logit_softcapping" },
  moreKeys: [...IMPLIED, PATTERN, "rope.freq_base_swa"],
  more: (facts) => ({
    hidden_activation: "gelu_pytorch_tanh",
    layer_types: layerTypes(facts, 6),
    query_pre_attn_scalar: scoreScalar(facts, 62),
    rope_parameters: twoRopes(facts, 10_000),
  }),
  tensors: GEMMA2_TENSORS,
};

/** Scaling is for layers that see all positions; those with a window have a base of their own. */
function twoRopes(facts: GgufFacts, localTheta: number): Record<string, unknown> {
  const theta = facts.number("rope.freq_base_swa") ?? localTheta;
  return {
    full_attention: ropeParameters(facts),
    sliding_attention: { rope_type: "default", rope_theta: theta },
  };
}

/** With a window this is OLMo 3. */
const olmo2: GgufArchitecture = {
  modelType: (facts) => (facts.number("attention.sliding_window") ? "olmo3" : "olmo2"),
  keys: { ...LLAMA_KEYS, ...WINDOW },
  moreKeys: [...IMPLIED, PATTERN, "rope.freq_base_swa"],
  more: (facts) => {
    const plain = { hidden_act: "silu", attention_bias: false };
    if (!facts.number("attention.sliding_window")) return { ...plain, ...rope(facts) };
    const theta = facts.number("rope.freq_base") ?? 10_000;
    return {
      ...plain,
      layer_types: layerTypes(facts, 4),
      rope_parameters: twoRopes(facts, theta),
    };
  },
  tensors: { ...ENDS, ...TABLES, ...GATED_MLP, ...POST_NORMS, ...attention() },
};

const exaone4: GgufArchitecture = {
  modelType: "exaone4",
  keys: { ...LLAMA_KEYS, ...WINDOW },
  moreKeys: [...IMPLIED, PATTERN],
  more: (facts) => ({
    hidden_act: "silu",
    ...(facts.number("attention.sliding_window")
      ? { layer_types: layerTypes(facts, 4), sliding_window_pattern: 4 }
      : { layer_types: new Array(facts.layers).fill("full_attention"), sliding_window: null }),
    ...rope(facts),
  }),
  tensors: { ...ENDS, ...TABLES, ...GATED_MLP, ...POST_NORMS, ...attention() },
};

const cohere2: GgufArchitecture = {
  modelType: "cohere2",
  keys: {
    ...LLAMA_KEYS,
    ...WINDOW,
    "attention.layer_norm_epsilon": "layer_norm_eps",
    logit_scale: "logit_scale",
  },
  moreKeys: [...IMPLIED, PATTERN],
  more: (facts) => ({
    hidden_act: "silu",
    attention_bias: biases(facts).attention_bias,
    layer_types: layerTypes(facts, 4),
    ...rope(facts),
  }),
  tensors: { ...ENDS, ...TABLES, ...GATED_MLP, ...PRE_NORMS, ...attention() },
};

const glm4: GgufArchitecture = {
  modelType: "glm4",
  keys: LLAMA_KEYS,
  moreKeys: IMPLIED,
  more: (facts) => ({
    hidden_act: "silu",
    attention_bias: biases(facts).attention_bias,
    ...partialRope(facts),
  }),
  tensors: {
    ...ENDS,
    ...TABLES,
    ...PRE_NORMS,
    ...attention(),
    ...renameTo("blk.{}.ffn_up", `${LAYER}.mlp.gate_up_proj`),
    ...renameTo("blk.{}.ffn_down", `${LAYER}.mlp.down_proj`),
    ...renameTo("blk.{}.post_attention_norm", `${LAYER}.post_self_attn_layernorm`),
    ...renameTo("blk.{}.post_ffw_norm", `${LAYER}.post_mlp_layernorm`),
  },
};

const nemotron: GgufArchitecture = {
  modelType: "nemotron",
  keys: {
    ...LLAMA_KEYS,
    "attention.layer_norm_rms_epsilon": "norm_eps",
    "attention.layer_norm_epsilon": "norm_eps",
  },
  moreKeys: IMPLIED,
  more: (facts) => ({ hidden_act: "relu2", ...biases(facts), ...partialRope(facts) }),
  tensors: normsLessOne({
    ...ENDS,
    ...TABLES,
    ...PRE_NORMS,
    ...attention(),
    ...renameTo("blk.{}.ffn_up", `${LAYER}.mlp.up_proj`),
    ...renameTo("blk.{}.ffn_down", `${LAYER}.mlp.down_proj`),
  }),
};

export const OTHER_NORMS: Readonly<Record<string, GgufArchitecture>> = {
  gemma,
  gemma2,
  gemma3,
  olmo2,
  exaone4,
  cohere2,
  glm4,
  nemotron,
};
