/** @file OLMo: layer norm without weights, clipping. OLMo 2: norms after parts and of all heads' queries and keys. OLMo 3: windows. */
import { z } from "zod";
import type { QueryKeyNorm } from "../decoder/spec.ts";
import { layerRopeKeys, layerRotaries } from "./layerRopes.ts";
import { layerTypeKeys, llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { QWEN3_NORMS } from "./qwen.ts";
import { family, layerTypesOf, windowsOf } from "./row.ts";

const keys = { ...llamaKeys, attention_bias: z.boolean().default(false) };

const olmoSchema = z.object({ ...keys, clip_qkv: z.number().nonnegative().nullish() });

export const olmo = family("olmo", olmoSchema, (c) =>
  llamaRow(
    c,
    { ...llamaAttention(c), clip: c.clip_qkv ?? null },
    {
      norm: { kind: "LN", eps: 1e-5 },
      names: {
        ln1: undefined,
        ln2: undefined,
        finalNorm: undefined,
        biases: { qkv: c.attention_bias, o: c.attention_bias },
      },
    },
  ),
);

const olmo2Schema = z.object({ ...keys, rms_norm_eps: z.number().positive().default(1e-5) });

/** Norms after both parts. */
const AFTER = {
  ln1: undefined,
  ln2: undefined,
  ln1_post: "post_attention_layernorm",
  ln2_post: "post_feedforward_layernorm",
  ...QWEN3_NORMS,
};

const overAll = (eps: number): QueryKeyNorm => ({ kind: "RMS", eps, over: "all heads" });

export const olmo2 = family("olmo2", olmo2Schema, (c) =>
  llamaRow(
    c,
    { ...llamaAttention(c), norm: overAll(c.rms_norm_eps) },
    {
      residual: { norms: "after" },
      names: { ...AFTER, biases: { qkv: c.attention_bias, o: c.attention_bias } },
    },
  ),
);

const olmo3Schema = z.object({
  ...olmo2Schema.shape,
  ...layerTypeKeys,
  ...layerRopeKeys,
  sliding_window: z.int().positive().nullable().default(4096),
});

export const olmo3 = family("olmo3", olmo3Schema, (c) => {
  const types = layerTypesOf(c.layer_types, c.num_hidden_layers, (layer) => (layer + 1) % 4 !== 0);
  const { rope_parameters: _, ...flat } = c;
  const attention = llamaAttention(flat, { turns: false });
  const thetas = { full_attention: 5e5, sliding_attention: 5e5 };
  return llamaRow(
    flat,
    { ...attention, norm: overAll(c.rms_norm_eps) },
    {
      byLayer: {
        windows: windowsOf(types, c.sliding_window),
        rotary: layerRotaries(c, types, attention.dHead, thetas),
      },
      residual: { norms: "after" },
      names: { ...AFTER, biases: { qkv: c.attention_bias, o: c.attention_bias } },
    },
  );
});

export { AFTER as OLMO2_NORMS };
