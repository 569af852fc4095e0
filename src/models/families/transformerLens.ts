/**
 * @file TransformerLens' own layout (`"format": "transformer_lens"`): HookedTransformerConfig and state_dict() names.
 * Attention-only or with MLPs; standard, shortformer, rotary or ALiBi positions; layer norm, RMS norm or none. `smeared_keys` and
 * `tie_word_embeddings` are ours: TransformerLens has no smeared keys, and writes out an unembedding that is tied.
 */
import { z } from "zod";
import { activationName } from "../config/activation.ts";
import { readConfig } from "../config/readConfig.ts";
import { ropeOf } from "../config/rope.ts";
import { alibiSlopes } from "../decoder/alibi.ts";
import { decoderModel } from "../decoder/decoderModel.ts";
import type { AttentionSpec, DecoderSpec } from "../decoder/spec.ts";
import type { Family } from "../family.ts";
import type { WeightMap } from "../weightMap.ts";
import { blocksOf } from "./row.ts";

const schema = z.object({
  format: z.literal("transformer_lens"),
  n_layers: z.int().positive(),
  d_model: z.int().positive(),
  n_heads: z.int().positive(),
  d_head: z.int().positive(),
  n_ctx: z.int().positive(),
  d_vocab: z.int().positive(),
  d_mlp: z.int().positive().nullish(),
  act_fn: activationName.nullish(),
  attn_only: z.boolean().default(false),
  normalization_type: z.enum(["LN", "LNPre", "RMS", "RMSPre"]).nullable().default("LN"),
  positional_embedding_type: z
    .enum(["standard", "shortformer", "rotary", "alibi"])
    .default("standard"),
  eps: z.number().positive().default(1e-5),
  use_attn_scale: z.boolean().default(true),
  attn_scale: z.number().optional(),
  rotary_dim: z.int().positive().nullish(),
  rotary_base: z.number().positive().default(10000),
  rotary_adjacent_pairs: z.boolean().default(false),
  smeared_keys: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(false),
});

/** Settings of TransformerLens that change the computation in ways we do not compute. */
const FIXED = {
  gated_mlp: [false],
  parallel_attn_mlp: [false],
  final_rms: [false, true],
  attention_dir: ["causal"],
  use_local_attn: [false],
  window_size: [null],
  attn_types: [null],
  scale_attn_by_inverse_layer_idx: [false],
  post_embedding_ln: [false],
  use_normalization_before_and_after: [false],
  use_qk_norm: [false],
  attn_scores_soft_cap: [-1],
  output_logits_soft_cap: [-1],
  num_experts: [null],
  experts_per_token: [null],
  n_key_value_heads: [null],
  use_NTK_by_parts_rope: [false],
  load_in_4bit: [false],
};
const NEUTRAL =
  /^(seed|device|n_devices|init_mode|init_weights|initializer_range|model_name|original_architecture|tokenizer_name|tokenizer_prepends_bos|default_prepend_bos|from_checkpoint|checkpoint_.*|n_params|use_hook_.*|use_attn_in|use_attn_result|use_split_qkv_input|ungroup_grouped_query_attention|trust_remote_code|relative_attention_.*|dtype|NTK_.*)$/;

const STACK = {
  "embed.W_E": { from: "embed.W_E", shape: ["d_vocab", "d_model"] },
  "blocks.{layer}.attn.W_Q": {
    from: "blocks.{layer}.attn.W_Q",
    shape: ["head", "d_model", "d_head"],
  },
  "blocks.{layer}.attn.W_K": {
    from: "blocks.{layer}.attn.W_K",
    shape: ["head", "d_model", "d_head"],
  },
  "blocks.{layer}.attn.W_V": {
    from: "blocks.{layer}.attn.W_V",
    shape: ["head", "d_model", "d_head"],
  },
  "blocks.{layer}.attn.W_O": {
    from: "blocks.{layer}.attn.W_O",
    shape: ["head", "d_head", "d_model"],
  },
  "blocks.{layer}.attn.b_Q": { from: "blocks.{layer}.attn.b_Q", shape: ["head", "d_head"] },
  "blocks.{layer}.attn.b_K": { from: "blocks.{layer}.attn.b_K", shape: ["head", "d_head"] },
  "blocks.{layer}.attn.b_V": { from: "blocks.{layer}.attn.b_V", shape: ["head", "d_head"] },
  "blocks.{layer}.attn.b_O": { from: "blocks.{layer}.attn.b_O", shape: ["d_model"] },
  "unembed.b_U": { from: "unembed.b_U", shape: ["d_vocab"] },
} satisfies WeightMap;

const UNEMBEDDING = {
  "unembed.W_U": { from: "unembed.W_U", shape: ["d_model", "d_vocab"], optional: true },
} satisfies WeightMap;

const SMEAR = {
  "blocks.{layer}.attn.smear": { from: "blocks.{layer}.attn.smear", shape: ["head"] },
} satisfies WeightMap;

const POSITIONS = {
  "pos_embed.W_pos": { from: "pos_embed.W_pos", shape: ["n_ctx", "d_model"] },
} satisfies WeightMap;

const MLP = {
  "blocks.{layer}.mlp.W_in": { from: "blocks.{layer}.mlp.W_in", shape: ["d_model", "d_mlp"] },
  "blocks.{layer}.mlp.b_in": { from: "blocks.{layer}.mlp.b_in", shape: ["d_mlp"] },
  "blocks.{layer}.mlp.W_out": { from: "blocks.{layer}.mlp.W_out", shape: ["d_mlp", "d_model"] },
  "blocks.{layer}.mlp.b_out": { from: "blocks.{layer}.mlp.b_out", shape: ["d_model"] },
} satisfies WeightMap;

/** Gains (and for LN biases) of the norms at the given places. */
function norms(type: "LN" | "RMS", places: readonly string[]): WeightMap {
  const parts = type === "LN" ? ["w", "b"] : ["w"];
  const names = places.flatMap((place) => parts.map((part) => `${place}.${part}`));
  return Object.fromEntries(names.map((name) => [name, { from: name, shape: ["d_model"] }]));
}

const IGNORABLE = [/\.attn\.(mask|IGNORE|rotary_sin|rotary_cos)$/];

type Config = z.infer<typeof schema>;

export const transformerLens: Family = (json, checkpoint, options) => {
  const keys = Object.fromEntries(Object.entries(json).filter(([key]) => !NEUTRAL.test(key)));
  const c = readConfig("transformer_lens", schema, keys, {
    ...FIXED,
    n_key_value_heads: [null, json["n_heads"]],
    d_vocab_out: [json["d_vocab"], -1],
  });
  const row = {
    spec: specOf(c),
    weights: weightMap(c),
    sizes: { d_mlp: c.d_mlp ?? 4 * c.d_model },
    tied: c.tie_word_embeddings,
    ignorable: IGNORABLE,
  };
  return decoderModel(row, json, checkpoint, options);
};

function specOf(c: Config): DecoderSpec {
  const type = c.normalization_type;
  const positions = {
    standard: { to: "stream" },
    shortformer: { to: "queries and keys" },
    rotary: null,
    alibi: null,
  } as const;
  return {
    family: "transformer_lens",
    dModel: c.d_model,
    vocabulary: c.d_vocab,
    contextLength: c.n_ctx,
    blocks: blocksOf(c.n_layers, attentionOf(c), c.attn_only ? null : { act: c.act_fn ?? "relu" }),
    norm: type ? { kind: type.startsWith("LN") ? "LN" : "RMS", eps: c.eps } : null,
    residual: { norms: "before" },
    positions: positions[c.positional_embedding_type],
  };
}

function attentionOf(c: Config): AttentionSpec {
  const { d_head: dHead, attn_scale: scale } = c;
  const divisor = scale !== undefined && scale > 0 ? scale : Math.sqrt(dHead);
  const part = (c.rotary_dim ?? dHead) / dHead;
  const rope = () =>
    ropeOf({ partial_rotary_factor: part }, dHead, { theta: c.rotary_base, part: 1 });
  return {
    heads: c.n_heads,
    kvHeads: c.n_heads,
    dHead,
    scale: c.use_attn_scale ? 1 / divisor : 1,
    smearedKeys: c.smeared_keys,
    ...(c.positional_embedding_type === "rotary" && {
      rotary: { rope: rope(), interleaved: c.rotary_adjacent_pairs },
    }),
    ...(c.positional_embedding_type === "alibi" && { alibi: { slopes: alibiSlopes(c.n_heads) } }),
  };
}

function weightMap(c: Config): WeightMap {
  const type = c.normalization_type;
  const places = ["blocks.{layer}.ln1", ...(c.attn_only ? [] : ["blocks.{layer}.ln2"]), "ln_final"];
  return {
    ...STACK,
    ...UNEMBEDDING,
    ...(c.smeared_keys && SMEAR),
    ...((type === "LN" || type === "RMS") && norms(type, places)),
    ...(!c.attn_only && MLP),
    ...(["standard", "shortformer"].includes(c.positional_embedding_type) && POSITIONS),
  };
}
