/** @file Close relatives of LLaMA that differ in a bias, an activation or a pairing. */
import { z } from "zod";
import { activationName } from "../config/activation.ts";
import { layerTypeKeys, llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { family, layerTypesOf, windowsOf } from "./row.ts";

const biases = {
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
};

const arceeSchema = z.object({
  ...llamaKeys,
  ...biases,
  hidden_act: activationName.default("relu2"),
  max_position_embeddings: z.int().positive().default(4096),
  rms_norm_eps: z.number().positive().default(1e-5),
});

/** A plain MLP with squared ReLU. */
export const arcee = family("arcee", arceeSchema, (c) => {
  const bias = c.attention_bias;
  return llamaRow(c, llamaAttention(c), {
    names: {
      mlp: { in: "mlp.up_proj", out: "mlp.down_proj" },
      biases: { qkv: bias, o: bias, mlp: c.mlp_bias },
    },
  });
});

const heliumSchema = z.object({
  ...llamaKeys,
  ...biases,
  num_key_value_heads: z.int().positive().nullable().default(20),
  head_dim: z.int().positive().nullable().default(128),
  max_position_embeddings: z.int().positive().default(4096),
  rms_norm_eps: z.number().positive().default(1e-8),
});

/** Neighbouring entries are turned. */
export const helium = family("helium", heliumSchema, (c) =>
  llamaRow(c, llamaAttention(c, { theta: 1e5, interleaved: true }), {
    names: { biases: { qkv: c.attention_bias, mlp: c.mlp_bias } },
  }),
);

const seedOssSchema = z.object({
  ...llamaKeys,
  ...biases,
  num_key_value_heads: z.int().positive().nullable().default(8),
  head_dim: z.int().positive().nullable().default(128),
  max_position_embeddings: z.int().positive().default(524288),
  attention_bias: z.boolean().default(true),
  attention_out_bias: z.boolean().default(false),
});

/** Biases of queries, keys and values, and of the output, are said apart. */
export const seedOss = family("seed_oss", seedOssSchema, (c) =>
  llamaRow(c, llamaAttention(c), {
    names: { biases: { qkv: c.attention_bias, o: c.attention_out_bias, mlp: c.mlp_bias } },
  }),
);

const ministralSchema = z.object({
  ...llamaKeys,
  ...layerTypeKeys,
  num_key_value_heads: z.int().positive().nullable().default(8),
  max_position_embeddings: z.int().positive().default(131072),
  sliding_window: z.int().positive().nullable().default(4096),
});

/** Mistral whose layers may differ in their windows. */
export const ministral = family("ministral", ministralSchema, (c) => {
  const types = layerTypesOf(c.layer_types, c.num_hidden_layers, () => c.sliding_window !== null);
  return llamaRow(c, llamaAttention(c), {
    byLayer: { windows: windowsOf(types, c.sliding_window) },
  });
});
