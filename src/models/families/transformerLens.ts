/**
 * @file TransformerLens' own layout (`"format": "transformer_lens"`): HookedTransformerConfig and state_dict() names.
 * Attention-only or with MLPs; standard, shortformer or rotary positions; layer norm, RMS norm or none. `smeared_keys` and
 * `tie_word_embeddings` are ours: TransformerLens has no smeared keys, and writes out an unembedding that is tied.
 */
import { z } from "zod";
import { builder, type Builder, type Name } from "../../graph/builder.ts";
import { activationName } from "../config/activation.ts";
import { readConfig } from "../config/readConfig.ts";
import { ropeOf } from "../config/rope.ts";
import { specialTokensOf, type Family } from "../family.ts";
import {
  attention,
  causalMask,
  mlp,
  needed,
  norm,
  previousPosition,
  rotaryTables,
  smeared,
  tokenInputs,
  unembed,
} from "../parts.ts";
import { bindWeights, type WeightMap } from "../weightMap.ts";

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
  positional_embedding_type: z.enum(["standard", "shortformer", "rotary"]).default("standard"),
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
  "unembed.W_U": { from: "unembed.W_U", shape: ["d_model", "d_vocab"] },
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

export const transformerLens: Family = (json, checkpoint) => {
  const known = Object.fromEntries(Object.entries(json).filter(([key]) => !NEUTRAL.test(key)));
  const c = readConfig("transformer_lens", schema, known, {
    ...FIXED,
    n_key_value_heads: [null, json["n_heads"]],
    d_vocab_out: [json["d_vocab"], -1],
  });
  const sizes = {
    d_model: c.d_model,
    head: c.n_heads,
    d_head: c.d_head,
    d_mlp: c.d_mlp ?? 4 * c.d_model,
    d_vocab: c.d_vocab,
    n_ctx: c.n_ctx,
  };
  const places = ["blocks.{layer}.ln1", ...(c.attn_only ? [] : ["blocks.{layer}.ln2"]), "ln_final"];
  const gains =
    c.normalization_type === "LN" || c.normalization_type === "RMS"
      ? norms(c.normalization_type, places)
      : {};
  const rotates = c.positional_embedding_type === "rotary";
  const map: WeightMap = {
    ...STACK,
    ...(!c.tie_word_embeddings && UNEMBEDDING),
    ...(c.smeared_keys && SMEAR),
    ...gains,
    ...(!c.attn_only && MLP),
    ...(!rotates && POSITIONS),
  };
  const weights = bindWeights(map, { layers: c.n_layers, sizes, ignorable: IGNORABLE }, checkpoint);

  const b = builder();
  const w = weights(b);
  const normed = (at: string, x: string) =>
    c.normalization_type
      ? norm(b, w, at, x, {
          kind: c.normalization_type.startsWith("LN") ? "LN" : "RMS",
          eps: c.eps,
        })
      : x;
  const { tokens, positions } = tokenInputs(b, c.d_vocab);
  const mask = causalMask(b);
  const before = c.smeared_keys ? previousPosition(b) : null;
  const turned = c.rotary_dim ?? c.d_head;
  const rope = () =>
    ropeOf({ partial_rotary_factor: turned / c.d_head }, c.d_head, {
      theta: c.rotary_base,
      part: 1,
    });
  const rotary = rotates
    ? { tables: rotaryTables(b, rope()), interleaved: c.rotary_adjacent_pairs }
    : null;
  const scale = c.use_attn_scale
    ? 1 / (c.attn_scale !== undefined && c.attn_scale > 0 ? c.attn_scale : Math.sqrt(c.d_head))
    : 1;

  const embed = b.gather(needed(w, "embed.W_E"), tokens, "hook_embed"); // [batch, position, d_model]
  const place = rotates
    ? null
    : b.gather(needed(w, "pos_embed.W_pos"), positions(), "hook_pos_embed");
  const short = c.positional_embedding_type === "shortformer" ? place : null; // added to queries and keys only
  let x = place && !short ? b.add(embed, place) : embed;
  for (let layer = 0; layer < c.n_layers; layer++) {
    const at = `blocks.${layer}`;
    const pre = b.rename(x, {}, `${at}.hook_resid_pre`);
    const ln1 = normed(`${at}.ln1`, pre);
    const placed = short ? b.add(ln1, short) : ln1;
    const input = short ? { q: placed, k: placed, v: ln1 } : ln1;
    const attnOut = attention(b, w, at, input, {
      group: 1,
      scale,
      mask,
      ...(rotary && { rotary }),
      ...(before && { prepare: smearing(b, needed(w, `${at}.attn.smear`), before) }),
    });
    if (c.attn_only) {
      x = b.add(pre, attnOut, `${at}.hook_resid_post`);
    } else {
      const mid = b.add(pre, attnOut, `${at}.hook_resid_mid`);
      x = b.add(
        mid,
        mlp(b, w, at, normed(`${at}.ln2`, mid), c.act_fn ?? "relu"),
        `${at}.hook_resid_post`,
      );
    }
  }
  unembed(b, w, normed("ln_final", x)); // [batch, position, d_vocab]
  return {
    architecture: {
      family: "transformer_lens",
      layers: c.n_layers,
      heads: c.n_heads,
      kvHeads: c.n_heads,
      contextLength: c.n_ctx,
      vocabulary: c.d_vocab,
      ...specialTokensOf(json),
    },
    program: b.program(["logits"], { position: c.n_ctx }),
  };
};

/** Keys are smeared before they are rotated, queries are not. */
function smearing(b: Builder, smear: Name, before: Name) {
  return (x: Name, which: "q" | "k"): Name => (which === "k" ? smeared(b, x, smear, before) : x);
}
