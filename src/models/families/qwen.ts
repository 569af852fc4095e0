/** @file Qwen2 (biases on queries, keys, values) and Qwen3 (norms on queries and keys): LLaMA with those parts. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { llamaAttention, llamaKeys, llamaRow, layerTypeKeys } from "./llamaLike.ts";
import { family, layerTypesOf, windowsOf } from "./row.ts";

/** Keys of Qwen's windows. */
export const qwenKeys = {
  ...llamaKeys,
  ...layerTypeKeys,
  num_key_value_heads: z.int().positive().nullable().default(32),
  max_position_embeddings: z.int().positive().default(32768),
  use_sliding_window: z.boolean().default(false),
  sliding_window: z.int().nonnegative().nullish(),
  max_window_layers: z.int().nonnegative().default(28),
};

type QwenWindows = Pick<
  z.infer<z.ZodObject<typeof qwenKeys>>,
  | "use_sliding_window"
  | "sliding_window"
  | "max_window_layers"
  | "layer_types"
  | "num_hidden_layers"
>;

export const qwen2 = family(
  "qwen2",
  z.object(qwenKeys),
  (c) =>
    llamaRow(c, llamaAttention(c), {
      byLayer: { windows: qwenWindows(c) },
      names: { biases: { qkv: true } },
    }),
  { fixed: { use_mrope: [false] } },
);

const qwen3Keys = z.object({
  ...qwenKeys,
  head_dim: z.int().positive().nullable().default(128),
  attention_bias: z.boolean().default(false),
});

export const qwen3 = family("qwen3", qwen3Keys, (c) => {
  const bias = c.attention_bias;
  const norm = { kind: "RMS", eps: c.rms_norm_eps, over: "head" } as const;
  return llamaRow(
    c,
    { ...llamaAttention(c), norm },
    {
      byLayer: { windows: qwenWindows(c) },
      names: { ...QWEN3_NORMS, biases: { qkv: bias, o: bias } },
    },
  );
});

export const QWEN3_NORMS = { qNorm: "self_attn.q_norm", kNorm: "self_attn.k_norm" };

/** `layer_types` if given, else: with `use_sliding_window`, layers from `max_window_layers` on have the window. */
export function qwenWindows(c: QwenWindows): (number | null)[] {
  const window = c.use_sliding_window ? (c.sliding_window ?? null) : null;
  if (c.use_sliding_window && !window)
    throw new InputError("config", "use_sliding_window needs sliding_window");
  const types = layerTypesOf(
    c.layer_types,
    c.num_hidden_layers,
    (layer) => window !== null && layer >= c.max_window_layers,
  );
  return windowsOf(types, window, "use_sliding_window or sliding_window");
}
