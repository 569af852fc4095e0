/** @file Granite: LLaMA with multipliers of embeddings, residuals, scores and logits. */
import { z } from "zod";
import type { ExpertsSpec } from "../decoder/spec.ts";
import type { ExpertNames } from "../names/moduleNames.ts";
import { llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { family, type Row } from "./row.ts";

/** Keys of every Granite. */
export const graniteKeys = {
  ...llamaKeys,
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  embedding_multiplier: z.number().default(1),
  residual_multiplier: z.number().default(1),
  attention_multiplier: z.number().default(1),
  logits_scaling: z.number().positive().default(1),
};

/** With experts in place of its MLPs, where there are some. */
export function graniteRow(
  c: z.infer<z.ZodObject<typeof graniteKeys>>,
  routed?: { readonly mlp: ExpertsSpec; readonly experts: ExpertNames },
): Row {
  const bias = c.attention_bias;
  return llamaRow(
    c,
    { ...llamaAttention(c), scale: c.attention_multiplier },
    {
      ...(routed && { mlp: routed.mlp }),
      residual: { norms: "before", multiplier: c.residual_multiplier },
      embedMultiplier: c.embedding_multiplier,
      logitMultiplier: 1 / c.logits_scaling,
      names: {
        biases: { qkv: bias, o: bias, mlp: c.mlp_bias },
        ...(routed && { experts: routed.experts }),
      },
    },
  );
}

export const granite = family("granite", z.object(graniteKeys), (c) => graniteRow(c));
