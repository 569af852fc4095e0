/** @file GPT-NeoX (Pythia): rotary positions on part of each head, attention and MLP side by side, untied embeddings. */
import { z } from "zod";
import { builder } from "../../graph/builder.ts";
import { activationName } from "../config/activation.ts";
import { perHead, readConfig } from "../config/readConfig.ts";
import { ropeKeys, ropeOf } from "../config/rope.ts";
import { specialTokensOf, type Family } from "../family.ts";
import {
  attention,
  causalMask,
  mlp,
  needed,
  norm,
  rotaryTables,
  tokenInputs,
  unembed,
} from "../parts.ts";
import { bindWeights, type WeightEntry, type WeightMap } from "../weightMap.ts";

const schema = z.object({
  num_hidden_layers: z.int().positive(),
  num_attention_heads: z.int().positive(),
  hidden_size: z.int().positive(),
  intermediate_size: z.int().positive(),
  vocab_size: z.int().positive(),
  max_position_embeddings: z.int().positive().default(2048),
  hidden_act: activationName.default("gelu"),
  layer_norm_eps: z.number().positive().default(1e-5),
  use_parallel_residual: z.boolean().default(true),
  attention_bias: z.boolean().default(true),
  tie_word_embeddings: z.boolean().default(false),
  rotary_pct: z.number().positive().max(1).optional(),
  rotary_emb_base: z.number().positive().optional(),
  ...ropeKeys,
});

/** query_key_value keeps, head by head, rows of queries, keys and values; GGUF has them one after the other. */
function weightMap(
  qkv: readonly string[],
  { biases, tied }: { biases: boolean; tied: boolean },
): WeightMap {
  const layer = "gpt_neox.layers.{layer}";
  const fused = (index: number): WeightEntry => ({
    from: `${layer}.attention.query_key_value.weight`,
    shape: [qkv, "d_model"],
    select: ["qkv", index],
  });
  const fusedBias = (index: number): WeightEntry => ({
    from: `${layer}.attention.query_key_value.bias`,
    shape: [qkv],
    select: ["qkv", index],
  });
  return {
    "embed.W_E": { from: "gpt_neox.embed_in.weight", shape: ["d_vocab", "d_model"] },
    "blocks.{layer}.ln1.w": { from: `${layer}.input_layernorm.weight`, shape: ["d_model"] },
    "blocks.{layer}.ln1.b": { from: `${layer}.input_layernorm.bias`, shape: ["d_model"] },
    "blocks.{layer}.attn.W_Q": fused(0),
    "blocks.{layer}.attn.W_K": fused(1),
    "blocks.{layer}.attn.W_V": fused(2),
    "blocks.{layer}.attn.W_O": {
      from: `${layer}.attention.dense.weight`,
      shape: ["d_model", ["head", "d_head"]],
    },
    ...(biases && {
      "blocks.{layer}.attn.b_Q": fusedBias(0),
      "blocks.{layer}.attn.b_K": fusedBias(1),
      "blocks.{layer}.attn.b_V": fusedBias(2),
      "blocks.{layer}.attn.b_O": { from: `${layer}.attention.dense.bias`, shape: ["d_model"] },
    }),
    "blocks.{layer}.ln2.w": {
      from: `${layer}.post_attention_layernorm.weight`,
      shape: ["d_model"],
    },
    "blocks.{layer}.ln2.b": { from: `${layer}.post_attention_layernorm.bias`, shape: ["d_model"] },
    "blocks.{layer}.mlp.W_in": {
      from: `${layer}.mlp.dense_h_to_4h.weight`,
      shape: ["d_mlp", "d_model"],
    },
    "blocks.{layer}.mlp.b_in": { from: `${layer}.mlp.dense_h_to_4h.bias`, shape: ["d_mlp"] },
    "blocks.{layer}.mlp.W_out": {
      from: `${layer}.mlp.dense_4h_to_h.weight`,
      shape: ["d_model", "d_mlp"],
    },
    "blocks.{layer}.mlp.b_out": { from: `${layer}.mlp.dense_4h_to_h.bias`, shape: ["d_model"] },
    "ln_final.w": { from: "gpt_neox.final_layer_norm.weight", shape: ["d_model"] },
    "ln_final.b": { from: "gpt_neox.final_layer_norm.bias", shape: ["d_model"] },
    ...(!tied && { "unembed.W_U": { from: "embed_out.weight", shape: ["d_vocab", "d_model"] } }),
  };
}

const IGNORABLE = [
  /\.attention\.(masked_)?bias$/,
  /\.rotary_emb\.inv_freq$/,
  /^embed_out\.weight$/,
];

export const gptNeox: Family = (json, checkpoint, layout = "hugging_face") => {
  const c = readConfig("gpt_neox", schema, json);
  const dHead = perHead("hidden_size", c.hidden_size, c.num_attention_heads);
  const sizes = {
    d_model: c.hidden_size,
    head: c.num_attention_heads,
    d_head: dHead,
    qkv: 3,
    d_mlp: c.intermediate_size,
    d_vocab: c.vocab_size,
  };
  const rope = ropeOf(
    {
      ...c,
      rope_theta: c.rope_theta ?? c.rotary_emb_base,
      partial_rotary_factor: c.partial_rotary_factor ?? c.rotary_pct,
    },
    dHead,
    { theta: 10000, part: 0.25 },
  );
  const qkv = layout === "gguf" ? ["qkv", "head", "d_head"] : ["head", "qkv", "d_head"];
  const map = weightMap(qkv, { biases: c.attention_bias, tied: c.tie_word_embeddings });
  const weights = bindWeights(
    map,
    { layers: c.num_hidden_layers, sizes, ignorable: IGNORABLE },
    checkpoint,
  );

  const b = builder();
  const w = weights(b);
  const { tokens } = tokenInputs(b, c.vocab_size);
  const mask = causalMask(b);
  const rotary = { tables: rotaryTables(b, rope), interleaved: false };
  const lnOptions = { kind: "LN", eps: c.layer_norm_eps } as const;
  let x = b.gather(needed(w, "embed.W_E"), tokens, "hook_embed"); // [batch, position, d_model]
  for (let layer = 0; layer < c.num_hidden_layers; layer++) {
    const at = `blocks.${layer}`;
    const pre = b.rename(x, {}, `${at}.hook_resid_pre`);
    const ln1 = norm(b, w, `${at}.ln1`, pre, lnOptions);
    const attnOut = attention(b, w, at, ln1, {
      group: 1,
      scale: 1 / Math.sqrt(dHead),
      mask,
      rotary,
    });
    if (c.use_parallel_residual) {
      const ln2 = norm(b, w, `${at}.ln2`, pre, lnOptions);
      x = b.add(b.add(pre, attnOut), mlp(b, w, at, ln2, c.hidden_act), `${at}.hook_resid_post`);
    } else {
      const mid = b.add(pre, attnOut, `${at}.hook_resid_mid`);
      const ln2 = norm(b, w, `${at}.ln2`, mid, lnOptions);
      x = b.add(mid, mlp(b, w, at, ln2, c.hidden_act), `${at}.hook_resid_post`);
    }
  }
  unembed(b, w, norm(b, w, "ln_final", x, lnOptions)); // [batch, position, d_vocab]
  return {
    architecture: {
      family: "gpt_neox",
      layers: c.num_hidden_layers,
      heads: c.num_attention_heads,
      kvHeads: c.num_attention_heads,
      contextLength: c.max_position_embeddings,
      vocabulary: c.vocab_size,
      ...specialTokensOf(json),
    },
    program: b.program(["logits"], { position: c.max_position_embeddings }),
  };
};
