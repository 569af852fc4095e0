/** @file Cohere (Command R): layer norm without biases, side by side after one norm, a scale of logits. Cohere 2: windows. */
import { z } from "zod";
import type { DecoderSpec } from "../decoder/spec.ts";
import { layerTypeKeys, llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { QWEN3_NORMS } from "./qwen.ts";
import { family, layerTypesOf, windowsOf } from "./row.ts";

const keys = {
  ...llamaKeys,
  max_position_embeddings: z.int().positive().default(8192),
  layer_norm_eps: z.number().positive().default(1e-5),
  logit_scale: z.number().default(0.0625),
  attention_bias: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(true),
};

const schema = z.object({ ...keys, use_qk_norm: z.boolean().default(false) });

function parts(c: { readonly layer_norm_eps: number; readonly logit_scale: number }) {
  return {
    norm: { kind: "LN", eps: c.layer_norm_eps },
    residual: { norms: "before", parallel: "one norm" },
    logitMultiplier: c.logit_scale,
  } as const satisfies Partial<DecoderSpec>;
}

export const cohere = family("cohere", schema, (c) => {
  const row = parts(c);
  const attention = llamaAttention(c, { theta: 5e5, interleaved: true });
  const bias = c.attention_bias;
  const norm = c.use_qk_norm ? ({ ...row.norm, over: "each head" } as const) : null;
  return llamaRow(
    c,
    { ...attention, norm },
    { ...row, names: { ln2: undefined, ...QWEN3_NORMS, biases: { qkv: bias, o: bias } } },
  );
});

const schema2 = z.object({
  ...keys,
  ...layerTypeKeys,
  sliding_window: z.int().positive().nullable().default(4096),
  sliding_window_pattern: z.int().positive().default(4),
  order_of_interleaved_layers: z.unknown().optional(),
  rotary_pct: z.unknown().optional(),
  use_embedding_sharing: z.unknown().optional(),
  use_gated_activation: z.unknown().optional(),
  use_parallel_block: z.unknown().optional(),
  use_parallel_embedding: z.unknown().optional(),
  position_embedding_type: z.unknown().optional(),
  cache_implementation: z.unknown().optional(),
});

/** Layers without a window turn nothing. */
export const cohere2 = family("cohere2", schema2, (c) => {
  const types = layerTypesOf(
    c.layer_types,
    c.num_hidden_layers,
    (layer) => (layer + 1) % c.sliding_window_pattern !== 0,
  );
  const { rotary = null, ...attention } = llamaAttention(c, { interleaved: true });
  const windows = windowsOf(types, c.sliding_window);
  const bias = c.attention_bias;
  return llamaRow(c, attention, {
    ...parts(c),
    byLayer: { windows, rotary: windows.map((window) => (window === null ? null : rotary)) },
    names: { ln2: undefined, biases: { qkv: bias, o: bias } },
  });
});
