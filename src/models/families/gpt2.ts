/** @file GPT-2: learned positions, layer norm before each part, one fused matrix for queries, keys and values. */
import { z } from "zod";
import { builder } from "../../graph/builder.ts";
import { activationName } from "../config/activation.ts";
import { perHead, readConfig } from "../config/readConfig.ts";
import { specialTokensOf, type Family } from "../family.ts";
import { attention, causalMask, mlp, needed, norm, tokenInputs, unembed } from "../parts.ts";
import { bindWeights, type WeightMap } from "../weightMap.ts";

const schema = z.object({
  n_layer: z.int().positive(),
  n_head: z.int().positive(),
  n_embd: z.int().positive(),
  n_positions: z.int().positive(),
  n_ctx: z.int().positive().optional(),
  n_inner: z.int().positive().nullish(),
  vocab_size: z.int().positive(),
  activation_function: activationName.default("gelu_new"),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  scale_attn_weights: z.boolean().default(true),
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(true),
});

/** Conv1D keeps [in, out]; c_attn's columns are queries, keys, values of all heads. */
const qkv = ["qkv", "head", "d_head"];
export const GPT2_WEIGHTS = {
  "embed.W_E": { from: "wte.weight", shape: ["d_vocab", "d_model"] },
  "pos_embed.W_pos": { from: "wpe.weight", shape: ["n_ctx", "d_model"] },
  "blocks.{layer}.ln1.w": { from: "h.{layer}.ln_1.weight", shape: ["d_model"] },
  "blocks.{layer}.ln1.b": { from: "h.{layer}.ln_1.bias", shape: ["d_model"] },
  "blocks.{layer}.attn.W_Q": {
    from: "h.{layer}.attn.c_attn.weight",
    shape: ["d_model", qkv],
    select: ["qkv", 0],
  },
  "blocks.{layer}.attn.W_K": {
    from: "h.{layer}.attn.c_attn.weight",
    shape: ["d_model", qkv],
    select: ["qkv", 1],
  },
  "blocks.{layer}.attn.W_V": {
    from: "h.{layer}.attn.c_attn.weight",
    shape: ["d_model", qkv],
    select: ["qkv", 2],
  },
  "blocks.{layer}.attn.b_Q": {
    from: "h.{layer}.attn.c_attn.bias",
    shape: [qkv],
    select: ["qkv", 0],
  },
  "blocks.{layer}.attn.b_K": {
    from: "h.{layer}.attn.c_attn.bias",
    shape: [qkv],
    select: ["qkv", 1],
  },
  "blocks.{layer}.attn.b_V": {
    from: "h.{layer}.attn.c_attn.bias",
    shape: [qkv],
    select: ["qkv", 2],
  },
  "blocks.{layer}.attn.W_O": {
    from: "h.{layer}.attn.c_proj.weight",
    shape: [["head", "d_head"], "d_model"],
  },
  "blocks.{layer}.attn.b_O": { from: "h.{layer}.attn.c_proj.bias", shape: ["d_model"] },
  "blocks.{layer}.ln2.w": { from: "h.{layer}.ln_2.weight", shape: ["d_model"] },
  "blocks.{layer}.ln2.b": { from: "h.{layer}.ln_2.bias", shape: ["d_model"] },
  "blocks.{layer}.mlp.W_in": { from: "h.{layer}.mlp.c_fc.weight", shape: ["d_model", "d_mlp"] },
  "blocks.{layer}.mlp.b_in": { from: "h.{layer}.mlp.c_fc.bias", shape: ["d_mlp"] },
  "blocks.{layer}.mlp.W_out": { from: "h.{layer}.mlp.c_proj.weight", shape: ["d_mlp", "d_model"] },
  "blocks.{layer}.mlp.b_out": { from: "h.{layer}.mlp.c_proj.bias", shape: ["d_model"] },
  "ln_final.w": { from: "ln_f.weight", shape: ["d_model"] },
  "ln_final.b": { from: "ln_f.bias", shape: ["d_model"] },
} satisfies WeightMap;

/** Old files carry the causal mask of each layer; a tied head may be stored twice. */
const IGNORABLE = [/(^|\.)h\.\d+\.attn\.(masked_)?bias$/, /^lm_head\.weight$/];

export const gpt2: Family = (json, checkpoint) => {
  const c = readConfig("gpt2", schema, json);
  const dHead = perHead("n_embd", c.n_embd, c.n_head);
  const sizes = {
    d_model: c.n_embd,
    head: c.n_head,
    d_head: dHead,
    qkv: 3,
    d_mlp: c.n_inner ?? 4 * c.n_embd,
    d_vocab: c.vocab_size,
    n_ctx: c.n_positions,
  };
  const untied: WeightMap = c.tie_word_embeddings
    ? {}
    : { "unembed.W_U": { from: "lm_head.weight", shape: ["d_vocab", "d_model"] } };
  const weights = bindWeights(
    { ...GPT2_WEIGHTS, ...untied },
    { layers: c.n_layer, sizes, prefixes: ["transformer.", ""], ignorable: IGNORABLE },
    checkpoint,
  );

  const b = builder();
  const w = weights(b);
  const { tokens, positions } = tokenInputs(b, c.vocab_size);
  const mask = causalMask(b);
  const lnOptions = { kind: "LN", eps: c.layer_norm_epsilon } as const;
  const embed = b.gather(needed(w, "embed.W_E"), tokens, "hook_embed"); // [batch, position, d_model]
  let x = b.add(embed, b.gather(needed(w, "pos_embed.W_pos"), positions(), "hook_pos_embed"));
  for (let layer = 0; layer < c.n_layer; layer++) {
    const at = `blocks.${layer}`;
    const pre = b.rename(x, {}, `${at}.hook_resid_pre`);
    const ln1 = norm(b, w, `${at}.ln1`, pre, lnOptions);
    const scale =
      (c.scale_attn_weights ? 1 / Math.sqrt(dHead) : 1) /
      (c.scale_attn_by_inverse_layer_idx ? layer + 1 : 1);
    const mid = b.add(
      pre,
      attention(b, w, at, ln1, { group: 1, scale, mask }),
      `${at}.hook_resid_mid`,
    );
    const ln2 = norm(b, w, `${at}.ln2`, mid, lnOptions);
    x = b.add(mid, mlp(b, w, at, ln2, c.activation_function), `${at}.hook_resid_post`);
  }
  unembed(b, w, norm(b, w, "ln_final", x, lnOptions)); // [batch, position, d_vocab]
  return {
    architecture: {
      family: "gpt2",
      layers: c.n_layer,
      heads: c.n_head,
      kvHeads: c.n_head,
      contextLength: c.n_positions,
      vocabulary: c.vocab_size,
      ...specialTokensOf(json),
    },
    program: b.program(["logits"], { position: c.n_positions }),
  };
};
