/** @file StarCoder2: LLaMA's attention with layer norms, biases and a plain MLP. */
import { z } from "zod";
import { activationName } from "../config/activation.ts";
import { llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { family } from "./row.ts";

const schema = z.object({
  ...llamaKeys,
  num_key_value_heads: z.int().positive().nullable().default(2),
  max_position_embeddings: z.int().positive().default(4096),
  hidden_act: activationName.default("gelu_pytorch_tanh"),
  norm_epsilon: z.number().positive().default(1e-5),
  sliding_window: z.int().positive().nullish(),
  mlp_type: z.literal("default").optional(),
  norm_type: z.literal("layer_norm").optional(),
  activation_function: z.unknown().optional(),
  use_bias: z.boolean().default(true),
  tie_word_embeddings: z.boolean().default(true),
});

export const starcoder2 = family("starcoder2", schema, (c) => {
  const bias = c.use_bias;
  return llamaRow(
    c,
    { ...llamaAttention(c), window: c.sliding_window ?? null },
    {
      norm: { kind: "LN", eps: c.norm_epsilon },
      names: {
        mlp: { in: "mlp.c_fc", out: "mlp.c_proj" },
        biases: { qkv: bias, o: bias, mlp: bias, norms: true },
      },
    },
  );
});
