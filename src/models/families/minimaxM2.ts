/** @file MiniMax-M2: Mixtral whose experts are scored by sigmoid with a correction, norms of all heads' queries and keys. */
import { z } from "zod";
import { checkedExperts } from "./expertRows.ts";
import { llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { mixtralExperts } from "./mixtral.ts";
import { QWEN3_NORMS } from "./qwen.ts";
import { family } from "./row.ts";

const schema = z.object({
  ...llamaKeys,
  num_key_value_heads: z.int().positive().nullable().default(8),
  head_dim: z.int().positive().default(128),
  max_position_embeddings: z.int().positive().default(196608),
  num_local_experts: z.int().positive().default(256),
  num_experts_per_tok: z.int().positive().default(8),
  /** Entries of each head that are turned, as the released files say it. */
  rotary_dim: z.int().positive().nullish(),
  output_router_logits: z.unknown().optional(),
  router_aux_loss_coef: z.unknown().optional(),
  router_jitter_noise: z.unknown().optional(),
});

export const minimaxM2 = family(
  "minimax_m2",
  schema,
  (c, context) => {
    const mlp = checkedExperts(
      {
        act: c.hidden_act,
        experts: c.num_local_experts,
        perToken: c.num_experts_per_tok,
        router: { scores: "sigmoid", normalised: { eps: 0 } },
      },
      "num_local_experts",
      "num_experts_per_tok",
    );
    const part = c.rotary_dim ? c.rotary_dim / c.head_dim : 1;
    const norm = { kind: "RMS", eps: c.rms_norm_eps, over: "all heads" } as const;
    const experts = mixtralExperts(context, "e_score_correction_bias");
    const attention = { ...llamaAttention(c, { theta: 5e6, part }), norm };
    const row = llamaRow(c, attention, { mlp, names: { ...QWEN3_NORMS, experts } });
    return { ...row, sizes: { d_expert: c.intermediate_size } };
  },
  { aliases: { num_experts: "num_local_experts" } },
);
