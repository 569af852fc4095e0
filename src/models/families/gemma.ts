/** @file Gemma: gains are 1 + w, embeddings times sqrt(d_model). Gemma 2: norms around parts, softcaps, every other layer a window. VaultGemma: without norms after parts. */
import { z } from "zod";
import { activationName } from "../config/activation.ts";
import type { NormSpec } from "../decoder/spec.ts";
import { layerTypeKeys, llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { family, layerTypesOf, windowsOf, type Row } from "./row.ts";

const act = activationName.nullish();

/** Keys of every Gemma. */
export const gemmaKeys = {
  ...llamaKeys,
  head_dim: z.int().positive().default(256),
  max_position_embeddings: z.int().positive().default(8192),
  tie_word_embeddings: z.boolean().default(true),
  attention_bias: z.boolean().default(false),
  hidden_act: act,
  hidden_activation: act,
};

/** They see what is before them alone. */
export const CAUSAL = { fixed: { use_bidirectional_attention: [null, false] } };

export function gemmaNorm(eps: number): NormSpec {
  return { kind: "RMS", eps, gain: "1 + w" };
}

const gemmaSchema = z.object({
  ...gemmaKeys,
  num_key_value_heads: z.int().positive().default(16),
});

export const gemma = family(
  "gemma",
  gemmaSchema,
  (c) =>
    llamaRow(c, llamaAttention(c), {
      norm: gemmaNorm(c.rms_norm_eps),
      mlp: { act: c.hidden_act ?? "gelu_pytorch_tanh" },
      embedMultiplier: Math.sqrt(c.hidden_size),
      names: { biases: { qkv: c.attention_bias, o: c.attention_bias } },
    }),
  CAUSAL,
);

const gemma2Schema = z.object({
  ...gemmaKeys,
  ...layerTypeKeys,
  num_key_value_heads: z.int().positive().default(4),
  query_pre_attn_scalar: z.number().positive().default(256),
  sliding_window: z.int().positive().nullable().default(4096),
  attn_logit_softcapping: z.number().positive().nullable().default(50),
  final_logit_softcapping: z.number().positive().nullable().default(30),
  cache_implementation: z.unknown().optional(),
});

/** Norms before and after both parts. */
export const GEMMA2_NORMS = {
  ln1: "input_layernorm",
  ln1_post: "post_attention_layernorm",
  ln2: "pre_feedforward_layernorm",
  ln2_post: "post_feedforward_layernorm",
};

/** @param around whether there are norms after both parts too */
function gemma2Row(c: z.infer<typeof gemma2Schema>, around: boolean): Row {
  const types = layerTypesOf(c.layer_types, c.num_hidden_layers, (layer) => layer % 2 === 0);
  const attention = {
    ...llamaAttention(c),
    scale: c.query_pre_attn_scalar ** -0.5,
    softcap: c.attn_logit_softcapping,
  };
  const bias = c.attention_bias;
  return llamaRow(c, attention, {
    byLayer: { windows: windowsOf(types, c.sliding_window) },
    norm: gemmaNorm(c.rms_norm_eps),
    mlp: { act: c.hidden_activation ?? "gelu_pytorch_tanh" },
    residual: { norms: around ? "around" : "before" },
    embedMultiplier: Math.sqrt(c.hidden_size),
    logitSoftcap: c.final_logit_softcapping,
    names: {
      ...(around ? GEMMA2_NORMS : { ln2: GEMMA2_NORMS.ln2 }),
      biases: { qkv: bias, o: bias },
    },
  });
}

export const gemma2 = family("gemma2", gemma2Schema, (c) => gemma2Row(c, true), CAUSAL);

export const vaultgemma = family("vaultgemma", gemma2Schema, (c) => gemma2Row(c, false), CAUSAL);
