/** @file Close relatives of LLaMA that differ in a bias, an activation, a norm, a window or a pairing. */
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

const cwmSchema = z.object({
  ...llamaKeys,
  ...layerTypeKeys,
  num_key_value_heads: z.int().positive().nullable().default(8),
  head_dim: z.int().positive().nullable().default(128),
  max_position_embeddings: z.int().positive().default(131072),
  rms_norm_eps: z.number().positive().default(1e-5),
  sliding_window: z.int().positive().nullable().default(8192),
  pretraining_tp: z.unknown().optional(),
  mlp_bias: z.boolean().default(false),
});

/** What its class has where a file says nothing of rotary positions. */
const CWM_ROPE = {
  ...{ rope_type: "llama3", rope_theta: 1e6, factor: 16, original_max_position_embeddings: 8192 },
  ...{ low_freq_factor: 1, high_freq_factor: 4 },
};

/** Every fourth layer, the first included, sees everything; the others have a window. */
export const cwm = family("cwm", cwmSchema, (c) => {
  const types = layerTypesOf(c.layer_types, c.num_hidden_layers, (layer) => layer % 4 !== 0);
  const old = c.rope_scaling ?? c.rope_theta;
  const ropes = c.rope_parameters ?? (old ? null : CWM_ROPE);
  return llamaRow(c, llamaAttention({ ...c, rope_parameters: ropes }, { theta: 1e6 }), {
    byLayer: { windows: windowsOf(types, c.sliding_window) },
    names: { biases: { mlp: c.mlp_bias } },
  });
});

const jais2Schema = z.object({
  ...llamaKeys,
  hidden_act: activationName.default("relu2"),
  max_position_embeddings: z.int().positive().default(8192),
  layer_norm_eps: z.number().positive().default(1e-5),
  attention_bias: z.boolean().default(true),
  mlp_bias: z.boolean().default(true),
});

/** Layer norms and a plain MLP with squared ReLU. */
export const jais2 = family("jais2", jais2Schema, (c) => {
  const bias = c.attention_bias;
  return llamaRow(c, llamaAttention(c), {
    norm: { kind: "LN", eps: c.layer_norm_eps },
    names: {
      mlp: { in: "mlp.up_proj", out: "mlp.down_proj" },
      biases: { qkv: bias, o: bias, mlp: c.mlp_bias, norms: true },
    },
  });
});
