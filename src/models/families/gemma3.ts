/** @file Gemma 3: Gemma 2 with norms of queries and keys, five layers with a window and a table of their own to one without. */
import { z } from "zod";
import { CAUSAL, GEMMA2_NORMS, gemmaKeys, gemmaNorm } from "./gemma.ts";
import { layerRopeKeys, layerRotaries } from "./layerRopes.ts";
import { layerTypeKeys, llamaAttention, llamaRow } from "./llamaLike.ts";
import { QWEN3_NORMS } from "./qwen.ts";
import { family, layerTypesOf, windowsOf } from "./row.ts";

const schema = z.object({
  ...gemmaKeys,
  ...layerTypeKeys,
  ...layerRopeKeys,
  num_hidden_layers: z.int().positive().default(26),
  num_attention_heads: z.int().positive().default(8),
  num_key_value_heads: z.int().positive().default(4),
  hidden_size: z.int().positive().default(2304),
  intermediate_size: z.int().positive().default(9216),
  vocab_size: z.int().positive().default(262208),
  max_position_embeddings: z.int().positive().default(131072),
  query_pre_attn_scalar: z.number().positive().default(256),
  sliding_window: z.int().positive().nullable().default(4096),
  sliding_window_pattern: z.int().positive().default(6),
  /** Said by some files, and not computed by transformers either. */
  attn_logit_softcapping: z.unknown().optional(),
  final_logit_softcapping: z.number().positive().nullish(),
  cache_implementation: z.unknown().optional(),
});

export const gemma3Text = family(
  "gemma3_text",
  schema,
  (c) => {
    const types = layerTypesOf(
      c.layer_types,
      c.num_hidden_layers,
      (layer) => (layer + 1) % c.sliding_window_pattern !== 0,
    );
    const { rope_parameters: _, ...flat } = c;
    const norm = gemmaNorm(c.rms_norm_eps);
    const attention = {
      ...llamaAttention(flat, { turns: false }),
      scale: c.query_pre_attn_scalar ** -0.5,
      norm: { ...norm, over: "head" } as const,
    };
    const thetas = { full_attention: 1e6, sliding_attention: 1e4 };
    const rotary = layerRotaries(c, types, attention.dHead, thetas);
    return llamaRow(flat, attention, {
      byLayer: { windows: windowsOf(types, c.sliding_window), rotary },
      norm,
      mlp: { act: c.hidden_activation ?? "gelu_pytorch_tanh" },
      residual: { norms: "around" },
      embedMultiplier: Math.sqrt(c.hidden_size),
      logitSoftcap: c.final_logit_softcapping ?? null,
      names: {
        ...GEMMA2_NORMS,
        ...QWEN3_NORMS,
        biases: { qkv: c.attention_bias, o: c.attention_bias },
      },
    });
  },
  CAUSAL,
);
