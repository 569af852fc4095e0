/** @file ERNIE 4.5 with experts: chosen by softmax with a correction, weights normalised, shared experts, some layers dense. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { SHARED } from "./deepseek.ts";
import { ernie45Keys } from "./ernie45.ts";
import { checkedExperts, expertsIn, expertTensors } from "./expertRows.ts";
import { llamaAttention, llamaRow } from "./llamaLike.ts";
import { family } from "./row.ts";

const schema = z.object({
  ...ernie45Keys,
  num_key_value_heads: z.int().positive().nullable().default(4),
  head_dim: z.int().positive().nullish(),
  moe_intermediate_size: z.int().positive().default(1536),
  moe_k: z.int().positive().default(6),
  moe_num_experts: z.int().positive().default(64),
  moe_num_shared_experts: z.int().nonnegative().default(2),
  moe_layer_start_index: z.int().nonnegative().default(1),
  moe_layer_end_index: z.int().min(-1).default(-1),
  moe_layer_interval: z.int().positive().default(1),
  moe_norm_min: z.number().nonnegative().default(1e-12),
  output_router_logits: z.unknown().optional(),
  router_aux_loss_coef: z.unknown().optional(),
});

type Config = z.infer<typeof schema>;

/** Weights are divided by their sum, which is never below the share that all experts would have alike. */
function checkLeast({ moe_norm_min: least, moe_k: perToken, moe_num_experts: experts }: Config) {
  if (least > perToken / experts)
    throw new InputError(
      "config",
      `moe_norm_min must be at most moe_k / moe_num_experts ${perToken / experts}, got ${least}`,
    );
}

export const ernie45Moe = family(
  "ernie4_5_moe",
  schema,
  (c, context) => {
    const shares = c.moe_num_shared_experts > 0;
    const experts = checkedExperts(
      {
        act: c.hidden_act,
        experts: c.moe_num_experts,
        perToken: c.moe_k,
        router: { scores: "softmax", normalised: { eps: 0 } },
        shared: shares ? "plain" : null,
      },
      "moe_num_experts",
      "moe_k",
    );
    checkLeast(c);
    const last = c.moe_layer_end_index === -1 ? c.num_hidden_layers - 1 : c.moe_layer_end_index;
    const routes = (layer: number) =>
      (layer + 1) % c.moe_layer_interval === 0 && layer >= c.moe_layer_start_index && layer <= last;
    const hasExperts = Array.from({ length: c.num_hidden_layers }, (_, layer) => layer).some(
      routes,
    );
    const bias = c.use_bias;
    const row = llamaRow(c, llamaAttention(c, { theta: 5e5, interleaved: true }), {
      mlp: expertsIn(routes, experts, { act: c.hidden_act }),
      names: {
        biases: { qkv: bias, o: bias, mlp: bias, head: bias },
        ...(hasExperts && {
          experts: {
            router: "mlp.gate",
            correction: `mlp.${context.has("mlp.gate.moe_statics.e_score_correction_bias") ? "gate." : ""}moe_statics.e_score_correction_bias`,
            correctionRow: true,
            each: expertTensors(context),
            ...(shares && { shared: SHARED, sharedBiases: bias }),
          },
        }),
      },
    });
    const d_shared = c.moe_intermediate_size * Math.max(1, c.moe_num_shared_experts);
    return { ...row, sizes: { ...row.sizes, d_expert: c.moe_intermediate_size, d_shared } };
  },
  { aliases: { num_experts: "moe_num_experts", num_experts_per_tok: "moe_k" } },
);
