/** @file Keys, settings and names that architectures of llama.cpp have in common. */
import { InputError } from "../../base/errors.ts";
import type { GgufFacts } from "./facts.ts";
import { each, remade, renameTo, threeParts, unpaired, type TensorRule } from "./rules.ts";

/** Sizes under the names that most configurations have. */
export const SIZES = {
  block_count: "num_hidden_layers",
  context_length: "max_position_embeddings",
  embedding_length: "hidden_size",
  feed_forward_length: "intermediate_size",
  "attention.head_count": "num_attention_heads",
};
export const KV_HEADS = { "attention.head_count_kv": "num_key_value_heads" };
export const HEAD_SIZE = { "attention.key_length": "head_dim" };
export const RMS = { "attention.layer_norm_rms_epsilon": "rms_norm_eps" };
/** Sizes, key heads and RMS norms: LLaMA and what is like it. */
export const LLAMA_KEYS = { ...SIZES, ...KV_HEADS, ...HEAD_SIZE, ...RMS };

/** Keys about rotary positions, all of which `rope` reads. */
export const ROPE = [
  "rope.freq_base",
  "rope.dimension_count",
  "rope.scale_linear",
  "rope.scaling.type",
  "rope.scaling.factor",
  "rope.scaling.original_context_length",
  "rope.scaling.finetuned",
  "rope.scaling.attn_factor",
  "rope.scaling.yarn_attn_factor",
  "rope.scaling.yarn_beta_fast",
  "rope.scaling.yarn_beta_slow",
  "rope.scaling.yarn_ext_factor",
  "rope.scaling.yarn_log_multiplier",
] as const;

/** Keys that say nothing new, or that `rope` reads. */
export const IMPLIED = [
  "vocab_size",
  "attention.value_length",
  "tensor_data_layout",
  ...ROPE,
] as const;

export const GRANITE_KEYS = {
  ...LLAMA_KEYS,
  "attention.scale": "attention_multiplier",
  embedding_scale: "embedding_multiplier",
  residual_scale: "residual_multiplier",
  logit_scale: "logits_scaling",
};

/** What llama.cpp takes where a file says nothing. */
const USUAL_THETA = 10_000;

/** `rope_parameters` for files whose rotary positions turn the whole of each head. */
export function rope(facts: GgufFacts): Record<string, unknown> {
  const dims = facts.number("rope.dimension_count");
  if (dims !== undefined && dims !== facts.headSize)
    throw new InputError(
      "config",
      `${facts.path}: ${facts.architecture}.rope.dimension_count is ${dims} of ${facts.headSize} entries, which is not supported for this architecture`,
    );
  return { rope_parameters: ropeParameters(facts) };
}

/** The same where a part of each head may be turned. */
export function partialRope(facts: GgufFacts): Record<string, unknown> {
  const dims = facts.number("rope.dimension_count") ?? facts.headSize;
  const parameters = ropeParameters(facts);
  return { rope_parameters: { ...parameters, partial_rotary_factor: dims / facts.headSize } };
}

/** Frequency base and scaling, as `rope_parameters` of transformers 5 has them. */
export function ropeParameters(facts: GgufFacts): Record<string, unknown> {
  const theta = { rope_theta: facts.number("rope.freq_base") ?? USUAL_THETA };
  const factors = facts.tables.get("rope_freqs.weight");
  if (factors) return { rope_type: "frequency_factors", frequency_factors: [...factors], ...theta };
  const long = facts.tables.get("rope_factors_long.weight");
  if (long) return { ...longRope(facts, long), ...theta };
  requireFixed(facts, "rope.scaling.attn_factor", 1);
  const old = facts.number("rope.scale_linear");
  const type =
    facts.own.get("rope.scaling.type") ?? (old === undefined || old === 1 ? "none" : "linear");
  if (type === "none") return { rope_type: "default", ...theta };
  if (type === "linear")
    return { rope_type: "linear", factor: facts.number("rope.scaling.factor") ?? old, ...theta };
  if (type === "yarn") return { ...yarn(facts), ...theta };
  throw new InputError(
    "config",
    `${facts.path}: ${facts.architecture}.rope.scaling.type ${JSON.stringify(type)} is not supported (only none, linear, yarn, and tables of factors)`,
  );
}

function longRope(facts: GgufFacts, long: readonly number[]): Record<string, unknown> {
  const short = facts.tables.get("rope_factors_short.weight");
  if (!short)
    throw new InputError(
      "weights",
      `${facts.path} has rope_factors_long.weight without rope_factors_short.weight`,
    );
  const original = facts.requireKey("rope.scaling.original_context_length");
  const scale = facts.requireKey("context_length") / original;
  const usual = scale > 1 ? Math.sqrt(1 + Math.log(scale) / Math.log(original)) : 1;
  const factor = facts.number("rope.scaling.attn_factor") ?? usual;
  const isUsual = Math.abs(factor - usual) < 1e-5 * usual;
  return {
    rope_type: "longrope",
    long_factor: [...long],
    short_factor: [...short],
    original_max_position_embeddings: original,
    ...(isUsual ? {} : { attention_factor: factor }),
  };
}

/** Refuses a factor that llama.cpp multiplies with, and no configuration can say. */
function requireFixed(facts: GgufFacts, key: string, value: number): void {
  const setting = facts.number(key) ?? value;
  if (setting === value) return;
  throw new InputError(
    "config",
    `${facts.path}: ${facts.architecture}.${key} is ${setting}, which is not supported (only ${value})`,
  );
}

function yarn(facts: GgufFacts): Record<string, unknown> {
  requireFixed(facts, "rope.scaling.yarn_ext_factor", 1);
  const settings = {
    attention_factor: facts.number("rope.scaling.yarn_attn_factor"),
    beta_fast: facts.number("rope.scaling.yarn_beta_fast"),
    beta_slow: facts.number("rope.scaling.yarn_beta_slow"),
  };
  return {
    rope_type: "yarn",
    factor: facts.requireKey("rope.scaling.factor"),
    original_max_position_embeddings: facts.requireKey("rope.scaling.original_context_length"),
    ...withoutGaps(settings),
  };
}

/** The entries that are not undefined. */
export function withoutGaps(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

/**
 * `layer_types` of layers with a window and without.
 *
 * @param period every so-many-th layer sees all positions, where the file does not say which
 * @throws {InputError} "config" for a list that is not one entry for each layer
 */
export function layerTypes(facts: GgufFacts, period: number): string[] {
  const setting = facts.own.get("attention.sliding_window_pattern");
  const every = typeof setting === "number" ? setting : period;
  if (Array.isArray(setting) && setting.length !== facts.layers)
    throw new InputError(
      "config",
      `${facts.path}: ${facts.architecture}.attention.sliding_window_pattern needs ${facts.layers} entries, got ${setting.length}`,
    );
  return Array.from({ length: facts.layers }, (_, layer) => {
    const slides = Array.isArray(setting) ? Boolean(setting[layer]) : (layer + 1) % every !== 0;
    return slides ? "sliding_attention" : "full_attention";
  });
}

/** Biases of attention and MLP, where a family has a switch for each. */
export function biases(facts: GgufFacts): { attention_bias: boolean; mlp_bias: boolean } {
  return {
    attention_bias: facts.has("blk.{}.attn_q.bias") || facts.has("blk.{}.attn_qkv.bias"),
    mlp_bias: facts.has("blk.{}.ffn_up.bias"),
  };
}

const LAYER = "model.layers.{}";

/** Embeddings, last norm and unembedding under the names of most families. */
export const ENDS: Readonly<Record<string, TensorRule>> = {
  "token_embd.weight": "model.embed_tokens.weight",
  ...renameTo("output_norm", "model.norm"),
  ...renameTo("output", "lm_head"),
};

/** Tables that the configuration holds, and one that old files have in each layer. */
export const TABLES: Readonly<Record<string, TensorRule>> = {
  "rope_freqs.weight": null,
  "rope_factors_long.weight": null,
  "rope_factors_short.weight": null,
  "blk.{}.attn_rot_embd": null,
};

/** Attention as most families name it; with `pairs` where llama.cpp keeps queries and keys in rotary pairs. */
export function attention({ pairs = false } = {}): Record<string, TensorRule> {
  const q = `${LAYER}.self_attn.q_proj`;
  const k = `${LAYER}.self_attn.k_proj`;
  const v = `${LAYER}.self_attn.v_proj`;
  const three = (kind: string) => threeParts(`${q}.${kind}`, `${k}.${kind}`, `${v}.${kind}`, pairs);
  const of = (to: string, heads: "heads" | "kvHeads"): TensorRule =>
    pairs ? unpaired(to, heads) : to;
  return {
    ...remade("blk.{}.attn_q", q, (to) => of(to, "heads")),
    ...remade("blk.{}.attn_k", k, (to) => of(to, "kvHeads")),
    ...renameTo("blk.{}.attn_v", v),
    "blk.{}.attn_qkv.weight": three("weight"), // with --fuse-qkv, and in some old files
    "blk.{}.attn_qkv.bias": three("bias"),
    ...renameTo("blk.{}.attn_output", `${LAYER}.self_attn.o_proj`),
    ...renameTo("blk.{}.attn_q_norm", `${LAYER}.self_attn.q_norm`),
    ...renameTo("blk.{}.attn_k_norm", `${LAYER}.self_attn.k_norm`),
  };
}

/** A gated MLP as most families name it. */
export const GATED_MLP: Readonly<Record<string, TensorRule>> = {
  ...renameTo("blk.{}.ffn_gate", `${LAYER}.mlp.gate_proj`),
  ...renameTo("blk.{}.ffn_up", `${LAYER}.mlp.up_proj`),
  ...renameTo("blk.{}.ffn_down", `${LAYER}.mlp.down_proj`),
};

/** Norms before attention and MLP. */
export const PRE_NORMS: Readonly<Record<string, TensorRule>> = {
  ...renameTo("blk.{}.attn_norm", `${LAYER}.input_layernorm`),
  ...renameTo("blk.{}.ffn_norm", `${LAYER}.post_attention_layernorm`),
};

/** Norms after attention and MLP, as OLMo 2 and EXAONE 4 have them. */
export const POST_NORMS: Readonly<Record<string, TensorRule>> = {
  ...renameTo("blk.{}.post_attention_norm", `${LAYER}.post_attention_layernorm`),
  ...renameTo("blk.{}.post_ffw_norm", `${LAYER}.post_feedforward_layernorm`),
};

/** Experts in three stacks, under the names of a list of experts. */
export function experts(
  to: string,
  names: { readonly gate: string; readonly up: string; readonly down: string },
): Record<string, TensorRule> {
  const name = (part: "gate" | "up" | "down") => `${to}.{x}.${names[part]}.weight`;
  return {
    "blk.{}.ffn_gate_exps.weight": each(name("gate")),
    "blk.{}.ffn_up_exps.weight": each(name("up")),
    "blk.{}.ffn_down_exps.weight": each(name("down")),
  };
}

const MLP = `${LAYER}.mlp`;

/** Names of experts' matrices in most families. */
export const EXPERT_NAMES = { gate: "gate_proj", up: "up_proj", down: "down_proj" };

/** A router and its experts as most families name them. */
export const ROUTED: Readonly<Record<string, TensorRule>> = {
  ...renameTo("blk.{}.ffn_gate_inp", `${MLP}.gate`),
  ...experts(`${MLP}.experts`, EXPERT_NAMES),
};

/** The expert of every token. */
export function sharedExpert(to: string): Record<string, TensorRule> {
  return {
    ...renameTo("blk.{}.ffn_gate_shexp", `${to}.gate_proj`),
    ...renameTo("blk.{}.ffn_up_shexp", `${to}.up_proj`),
    ...renameTo("blk.{}.ffn_down_shexp", `${to}.down_proj`),
  };
}
