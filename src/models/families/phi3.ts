/** @file Phi-3 and Phi-4: LLaMA with one matrix for queries, keys and values, and one for both parts of the MLP. */
import { z } from "zod";
import { llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { family } from "./row.ts";

const schema = z.object({
  ...llamaKeys,
  max_position_embeddings: z.int().positive().default(4096),
  original_max_position_embeddings: z.int().positive().default(4096),
  rms_norm_eps: z.number().positive().default(1e-5),
  sliding_window: z.int().positive().nullish(),
  attention_bias: z.literal(false).optional(),
  mlp_bias: z.literal(false).optional(),
  lm_head_bias: z.literal(false).optional(),
  full_attn_mod: z.unknown().optional(),
  interpolate_factor: z.unknown().optional(),
});

export const phi3 = family("phi3", schema, (c) =>
  llamaRow(
    c,
    { ...llamaAttention(c), window: c.sliding_window ?? null },
    {
      names: {
        attention: { qkv: "self_attn.qkv_proj", order: "q, k, v" },
        mlp: { gateIn: "mlp.gate_up_proj", out: "mlp.down_proj" },
      },
    },
  ),
);
