/** @file LLaMA: RMS norm, rotary positions, grouped keys and values, gated MLP. */
import { z } from "zod";
import { family } from "./row.ts";
import { llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";

const schema = z.object({
  ...llamaKeys,
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
});

export const llama = family("llama", schema, (c) => {
  const { attention_bias: bias, mlp_bias: mlp } = c;
  return llamaRow(c, llamaAttention(c), { names: { biases: { qkv: bias, o: bias, mlp } } });
});
