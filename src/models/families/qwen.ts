/** @file Qwen2 (biases on queries, keys, values) and Qwen3 (norms on queries and keys): LLaMA with those parts. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { readConfig } from "../config/readConfig.ts";
import type { Family } from "../family.ts";
import { llamaKeys, llamaModel, llamaShape } from "./llama.ts";

const windowKeys = {
  max_position_embeddings: z.int().positive().default(32768),
  use_sliding_window: z.boolean().default(false),
  sliding_window: z.int().positive().nullish(),
  max_window_layers: z.int().nonnegative().default(28),
  layer_types: z.array(z.enum(["full_attention", "sliding_attention"])).nullish(),
};

export const qwen2: Family = (json, checkpoint) => {
  const c = readConfig("qwen2", z.object({ ...llamaKeys, ...windowKeys }), json, {
    use_mrope: [false],
  });
  const shape = llamaShape(
    "qwen2",
    { ...c, num_key_value_heads: c.num_key_value_heads ?? 32 },
    json,
  );
  const biases = { qkv: true, o: false, mlp: false };
  return llamaModel(
    { ...shape, biases, windows: windowsOf(c, shape.layers), qkNorm: false },
    checkpoint,
  );
};

export const qwen3: Family = (json, checkpoint) => {
  const c = readConfig(
    "qwen3",
    z.object({ ...llamaKeys, ...windowKeys, attention_bias: z.boolean().default(false) }),
    json,
  );
  const shape = llamaShape(
    "qwen3",
    { ...c, head_dim: c.head_dim ?? 128, num_key_value_heads: c.num_key_value_heads ?? 32 },
    json,
  );
  const biases = { qkv: c.attention_bias, o: c.attention_bias, mlp: false };
  return llamaModel(
    { ...shape, biases, windows: windowsOf(c, shape.layers), qkNorm: true },
    checkpoint,
  );
};

/** `layer_types` if given, else: with `use_sliding_window`, layers from `max_window_layers` on have the window. */
function windowsOf(c: z.infer<z.ZodObject<typeof windowKeys>>, layers: number): (number | null)[] {
  const window = c.use_sliding_window ? (c.sliding_window ?? null) : null;
  if (c.use_sliding_window && window === null)
    throw new InputError("config", "use_sliding_window needs sliding_window");
  if (!c.layer_types) {
    return Array.from({ length: layers }, (_, layer) =>
      layer >= c.max_window_layers ? window : null,
    );
  }
  if (c.layer_types.length !== layers) {
    throw new InputError(
      "config",
      `layer_types needs ${layers} entries, got ${c.layer_types.length}`,
    );
  }
  return c.layer_types.map((type) => {
    if (type === "full_attention") return null;
    if (window === null)
      throw new InputError(
        "config",
        "layer_types has sliding_attention, but use_sliding_window or sliding_window is not set",
      );
    return window;
  });
}
