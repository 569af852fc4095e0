/** @file ERNIE 4.5: LLaMA that turns neighbouring entries. */
import { z } from "zod";
import { llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { family } from "./row.ts";

export const ernie45Keys = {
  ...llamaKeys,
  num_key_value_heads: z.int().positive().nullable().default(2),
  head_dim: z.int().positive().nullable().default(128),
  max_position_embeddings: z.int().positive().default(131072),
  rms_norm_eps: z.number().positive().default(1e-5),
  use_bias: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(true),
};

export const ernie45 = family("ernie4_5", z.object(ernie45Keys), (c) => {
  const bias = c.use_bias;
  return llamaRow(c, llamaAttention(c, { theta: 5e5, interleaved: true }), {
    names: { biases: { qkv: bias, o: bias, mlp: bias } },
  });
});
