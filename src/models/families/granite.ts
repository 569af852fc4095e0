/** @file Granite: LLaMA with multipliers of embeddings, residuals, scores and logits. */
import { z } from "zod";
import { llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { family } from "./row.ts";

const schema = z.object({
  ...llamaKeys,
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  embedding_multiplier: z.number().default(1),
  residual_multiplier: z.number().default(1),
  attention_multiplier: z.number().default(1),
  logits_scaling: z.number().positive().default(1),
});

export const granite = family("granite", schema, (c) =>
  llamaRow(
    c,
    { ...llamaAttention(c), scale: c.attention_multiplier },
    {
      residual: { norms: "before", multiplier: c.residual_multiplier },
      embedMultiplier: c.embedding_multiplier,
      logitMultiplier: 1 / c.logits_scaling,
      names: { biases: { qkv: c.attention_bias, o: c.attention_bias, mlp: c.mlp_bias } },
    },
  ),
);
