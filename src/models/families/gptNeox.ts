/** @file GPT-NeoX (Pythia): rotary positions on part of each head, attention and MLP side by side, untied embeddings. */
import { z } from "zod";
import { activationName } from "../config/activation.ts";
import { perHead } from "../config/readConfig.ts";
import { ropeKeys, ropeOf } from "../config/rope.ts";
import { blocksOf, family } from "./row.ts";

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

export const gptNeox = family("gpt_neox", schema, (c, { has }) => {
  const heads = c.num_attention_heads;
  const dHead = perHead("hidden_size", c.hidden_size, heads);
  const keys = {
    ...c,
    rope_theta: c.rope_theta ?? c.rotary_emb_base,
    partial_rotary_factor: c.partial_rotary_factor ?? c.rotary_pct,
  };
  const rope = ropeOf(keys, dHead, { theta: 10000, part: 0.25 });
  const rotary = { rope, interleaved: false };
  const attention = { heads, kvHeads: heads, dHead, scale: 1 / Math.sqrt(dHead), rotary };
  const bias = c.attention_bias;
  return {
    spec: {
      dModel: c.hidden_size,
      vocabulary: c.vocab_size,
      contextLength: c.max_position_embeddings,
      blocks: blocksOf(c.num_hidden_layers, attention, { act: c.hidden_act }),
      norm: { kind: "LN", eps: c.layer_norm_eps },
      residual: { norms: "before", parallel: c.use_parallel_residual ? "two norms" : null },
    },
    names: {
      base: "gpt_neox.",
      embed: "embed_in",
      layer: "layers.{layer}.",
      ln1: "input_layernorm",
      ln2: "post_attention_layernorm",
      finalNorm: "final_layer_norm",
      attention: { qkv: "attention.query_key_value", order: "by head" },
      o: "attention.dense",
      mlp: { in: "mlp.dense_h_to_4h", out: "mlp.dense_4h_to_h" },
      head: has("lm_head.weight") ? "/lm_head" : "/embed_out", // the module's name of today, and the files'
      biases: { qkv: bias, o: bias, mlp: true, norms: true },
    },
    sizes: { d_mlp: c.intermediate_size },
    tied: c.tie_word_embeddings,
    ignorable: [/\.attention\.(masked_)?bias$/],
  };
});
