/** @file OLMoE: LLaMA with experts in every layer, and norms of all heads' queries and keys. */
import { z } from "zod";
import { checkedExperts, expertTensors } from "./expertRows.ts";
import { llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { QWEN3_NORMS } from "./qwen.ts";
import { family } from "./row.ts";

const schema = z.object({
  ...llamaKeys,
  max_position_embeddings: z.int().positive().default(4096),
  rms_norm_eps: z.number().positive().default(1e-5),
  attention_bias: z.boolean().default(false),
  clip_qkv: z.number().positive().nullish(),
  num_experts: z.int().positive().default(64),
  num_experts_per_tok: z.int().positive().default(8),
  norm_topk_prob: z.boolean().default(false),
  output_router_logits: z.unknown().optional(),
  router_aux_loss_coef: z.unknown().optional(),
});

export const olmoe = family(
  "olmoe",
  schema,
  (c, context) => {
    const mlp = checkedExperts(
      {
        act: c.hidden_act,
        experts: c.num_experts,
        perToken: c.num_experts_per_tok,
        router: { scores: "softmax", normalised: c.norm_topk_prob ? { eps: 0 } : null },
      },
      "num_experts",
      "num_experts_per_tok",
    );
    const norm = { kind: "RMS", eps: c.rms_norm_eps, over: "all heads" } as const;
    const bias = c.attention_bias;
    const row = llamaRow(
      c,
      { ...llamaAttention(c), norm, clip: c.clip_qkv ?? null },
      {
        mlp,
        names: {
          ...QWEN3_NORMS,
          biases: { qkv: bias, o: bias },
          experts: { router: "mlp.gate", each: expertTensors(context) },
        },
      },
    );
    return { ...row, sizes: { d_expert: c.intermediate_size } };
  },
  { aliases: { num_local_experts: "num_experts" } },
);
