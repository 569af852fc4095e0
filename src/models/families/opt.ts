/** @file OPT: learned positions from row 2 on, ReLU; the 350m has its norms on the stream and a narrower embedding. */
import { z } from "zod";
import { activationName } from "../config/activation.ts";
import { perHead } from "../config/readConfig.ts";
import { blocksOf, family } from "./row.ts";

const schema = z.object({
  num_hidden_layers: z.int().positive(),
  num_attention_heads: z.int().positive(),
  hidden_size: z.int().positive(),
  ffn_dim: z.int().positive(),
  vocab_size: z.int().positive(),
  max_position_embeddings: z.int().positive().default(2048),
  word_embed_proj_dim: z.int().positive().nullish(),
  do_layer_norm_before: z.boolean().default(true),
  _remove_final_layer_norm: z.boolean().default(false),
  layer_norm_elementwise_affine: z.boolean().default(true),
  enable_bias: z.boolean().default(true),
  activation_function: activationName.default("relu"),
  tie_word_embeddings: z.boolean().default(true),
  layerdrop: z.unknown().optional(),
});

export const opt = family("opt", schema, (c) => {
  const heads = c.num_attention_heads;
  const dHead = perHead("hidden_size", c.hidden_size, heads);
  const attention = { heads, kvHeads: heads, dHead, scale: 1 / Math.sqrt(dHead) };
  const before = c.do_layer_norm_before;
  const ends = before && !c._remove_final_layer_norm;
  const affine = c.layer_norm_elementwise_affine;
  const width = c.word_embed_proj_dim ?? c.hidden_size;
  const bias = c.enable_bias;
  const norm = { kind: "LN", eps: 1e-5 } as const;
  return {
    spec: {
      dModel: c.hidden_size,
      vocabulary: c.vocab_size,
      contextLength: c.max_position_embeddings,
      blocks: blocksOf(c.num_hidden_layers, attention, { act: c.activation_function }),
      norm,
      finalNorm: ends ? norm : null,
      residual: { norms: before ? "before" : "stream" },
      positions: { to: "stream" },
    },
    names: {
      base: "model.decoder.",
      embed: "embed_tokens",
      positions: "embed_positions",
      positionOffset: 2,
      ...(width !== c.hidden_size && { projectIn: "project_in", projectOut: "project_out" }),
      layer: "layers.{layer}.",
      ...(affine && { ln1: "self_attn_layer_norm", ln2: "final_layer_norm" }),
      ...(affine && ends && { finalNorm: "final_layer_norm" }),
      attention: { q: "self_attn.q_proj", k: "self_attn.k_proj", v: "self_attn.v_proj" },
      o: "self_attn.out_proj",
      mlp: { in: "fc1", out: "fc2" },
      head: "/lm_head",
      biases: { qkv: bias, o: bias, mlp: bias, norms: true },
    },
    sizes: { d_mlp: c.ffn_dim, d_embed: width },
    tied: c.tie_word_embeddings,
  };
});
