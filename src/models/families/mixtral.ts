/** @file Mixtral: Mistral with experts, two of which see each token. */
import { z } from "zod";
import type { ExpertNames } from "../names/moduleNames.ts";
import { checkedExperts, expertTensors } from "./expertRows.ts";
import { llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { family, type RowContext } from "./row.ts";

const schema = z.object({
  ...llamaKeys,
  num_key_value_heads: z.int().positive().nullable().default(8),
  max_position_embeddings: z.int().positive().default(131072),
  rms_norm_eps: z.number().positive().default(1e-5),
  sliding_window: z.int().positive().nullish(),
  num_local_experts: z.int().positive().default(8),
  num_experts_per_tok: z.int().positive().default(2),
  output_router_logits: z.unknown().optional(),
  router_aux_loss_coef: z.unknown().optional(),
  router_jitter_noise: z.unknown().optional(),
});

export const mixtral = family(
  "mixtral",
  schema,
  (c, context) => {
    const mlp = checkedExperts(
      {
        act: c.hidden_act,
        experts: c.num_local_experts,
        perToken: c.num_experts_per_tok,
        router: { scores: "softmax", normalised: { eps: 0 } },
      },
      "num_local_experts",
      "num_experts_per_tok",
    );
    const attention = {
      ...llamaAttention(c, { theta: 1e6 }),
      window: c.sliding_window ?? null,
    };
    const row = llamaRow(c, attention, { mlp, names: { experts: mixtralExperts(context) } });
    return { ...row, sizes: { d_expert: c.intermediate_size } };
  },
  { aliases: { num_experts: "num_local_experts" } },
);

/**
 * Where the experts lie: in a module and under names of Mixtral's own, or where transformers 5 puts those of all families.
 *
 * @param correction the name in that module of what is added to scores when experts are chosen; left out: there is none
 */
export function mixtralExperts(context: RowContext, correction?: string): ExpertNames {
  const old = "block_sparse_moe.";
  const isOld = context.has(`${old}gate.weight`);
  const at = isOld ? old : "mlp.";
  const own = `${at}experts.{expert}.`;
  return {
    router: `${at}gate`,
    ...(correction !== undefined && { correction: `${at}${correction}` }),
    each: isOld
      ? { kind: "each", gate: `${own}w1`, in: `${own}w3`, out: `${own}w2` }
      : expertTensors(context),
  };
}
