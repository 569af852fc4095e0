/** @file SmolLM3: LLaMA of which every fourth layer turns nothing. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { layerTypeKeys, llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { family, layerTypesOf, windowsOf } from "./row.ts";

const schema = z.object({
  ...llamaKeys,
  ...layerTypeKeys,
  num_key_value_heads: z.int().positive().nullable().default(4),
  max_position_embeddings: z.int().positive().default(32768),
  tie_word_embeddings: z.boolean().default(true),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  use_sliding_window: z.boolean().default(false),
  max_window_layers: z.unknown().optional(),
  no_rope_layer_interval: z.int().positive().default(4),
  /** 1 for a layer that turns. */
  no_rope_layers: z.array(z.int().min(0).max(1)).nullish(),
});

type Config = z.infer<typeof schema>;

export const smollm3 = family("smollm3", schema, (c) => {
  const { rotary = null, ...attention } = llamaAttention(c, { theta: 2e6 });
  const turns = turning(c);
  return llamaRow(c, attention, {
    byLayer: {
      windows: windows(c, turns),
      rotary: turns.map((turn) => (turn ? rotary : null)),
    },
    names: { biases: { qkv: c.attention_bias, o: c.attention_bias, mlp: c.mlp_bias } },
  });
});

function turning({ no_rope_layers: turns, num_hidden_layers: layers, ...c }: Config): boolean[] {
  if (turns && turns.length !== layers)
    throw new InputError("config", `no_rope_layers needs ${layers} entries, got ${turns.length}`);
  return (
    turns?.map((turn) => turn === 1) ??
    Array.from({ length: layers }, (_, layer) => (layer + 1) % c.no_rope_layer_interval !== 0)
  );
}

/** Layers that turn nothing have the window, unless `layer_types` says otherwise. */
function windows(c: Config, turns: readonly boolean[]): (number | null)[] {
  const window = c.use_sliding_window ? (c.sliding_window ?? null) : null;
  if (window === null) return turns.map(() => null);
  const types = layerTypesOf(c.layer_types, c.num_hidden_layers, (layer) => !turns[layer]);
  return windowsOf(types, window);
}
