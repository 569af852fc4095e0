/** @file Persimmon: layer norm, queries, keys and values in one matrix head by head, norms of each head, squared ReLU. */
import { z } from "zod";
import { activationName } from "../config/activation.ts";
import { llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { family } from "./row.ts";

const { num_key_value_heads: _, head_dim: __, rms_norm_eps: ___, ...keys } = llamaKeys;

const schema = z.object({
  ...keys,
  max_position_embeddings: z.int().positive().default(16384),
  hidden_act: activationName.default("relu2"),
  layer_norm_eps: z.number().positive().default(1e-5),
  qk_layernorm: z.boolean().default(true),
});

const ALL = { qkv: true, o: true, mlp: true, norms: true, qkNorms: true };

export const persimmon = family("persimmon", schema, (c) => {
  const norm = { kind: "LN", eps: c.layer_norm_eps } as const;
  const own = c.qk_layernorm ? ({ ...norm, over: "head" } as const) : null;
  return llamaRow(
    c,
    { ...llamaAttention(c, { part: 0.5 }), norm: own },
    {
      norm,
      names: {
        finalNorm: "final_layernorm",
        attention: { qkv: "self_attn.query_key_value", order: "by head" },
        o: "self_attn.dense",
        qNorm: "self_attn.q_layernorm",
        kNorm: "self_attn.k_layernorm",
        mlp: { in: "mlp.dense_h_to_4h", out: "mlp.dense_4h_to_h" },
        biases: ALL,
      },
    },
  );
});
