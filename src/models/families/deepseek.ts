/** @file DeepSeek V2 and V3: queries, keys and values from low-rank vectors; many experts in groups, and shared ones. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { ropeOf } from "../config/rope.ts";
import type { AttentionSpec, ExpertsSpec } from "../decoder/spec.ts";
import { checkedExperts, expertsIn, expertTensors } from "./expertRows.ts";
import { llamaKeys, llamaRow } from "./llamaLike.ts";
import { family, type Row, type RowContext } from "./row.ts";

const keys = {
  ...llamaKeys,
  attention_bias: z.boolean().default(false),
  q_lora_rank: z.int().positive().nullable().default(1536),
  kv_lora_rank: z.int().positive().default(512),
  qk_nope_head_dim: z.int().positive().default(128),
  qk_rope_head_dim: z.int().positive().default(64),
  v_head_dim: z.int().positive().default(128),
  qk_head_dim: z.unknown().optional(),
  moe_intermediate_size: z.int().positive().default(2048),
  n_routed_experts: z.int().positive().default(256),
  n_shared_experts: z.int().positive().default(1),
  first_k_dense_replace: z.int().nonnegative().default(3),
  moe_layer_freq: z.literal(1).optional(),
  routed_scaling_factor: z.number().default(2.5),
  norm_topk_prob: z.boolean().default(true),
  /** Predicts further tokens in training; left out of the forward pass. */
  num_nextn_predict_layers: z.int().nonnegative().default(0),
  aux_loss_alpha: z.unknown().optional(),
  ep_size: z.unknown().optional(),
  output_router_logits: z.unknown().optional(),
  seq_aux: z.unknown().optional(),
};

type Keys = z.infer<z.ZodObject<typeof keys>>;

function attentionOf(c: Keys, json: RowContext["json"], interleaved: boolean): AttentionSpec {
  const rotated = c.qk_rope_head_dim;
  const dHead = c.qk_nope_head_dim + rotated;
  const heads = c.num_attention_heads;
  if ((c.num_key_value_heads ?? heads) !== heads)
    throw new InputError(
      "config",
      `latent attention needs as many num_key_value_heads as num_attention_heads ${heads}, got ${c.num_key_value_heads}`,
    );
  return {
    heads,
    kvHeads: heads,
    dHead,
    dValue: c.v_head_dim,
    scale: dHead ** -0.5 * yarnScale(json),
    rotary: { rope: ropeOf(c, rotated, { theta: 10000, part: 1 }), interleaved },
    latent: { queryRank: c.q_lora_rank, keyRank: c.kv_lora_rank, rotated, eps: 1e-6 },
  };
}

/** What yarn makes scores larger by, where `mscale_all_dim` asks for it: (0.1 m ln(factor) + 1)^2. */
function yarnScale(json: RowContext["json"]): number {
  const settings = json["rope_parameters"] ?? json["rope_scaling"];
  if (typeof settings !== "object" || settings === null) return 1;
  const { rope_type, type, mscale_all_dim: all, factor } = settings as Record<string, unknown>;
  if ((rope_type ?? type ?? "default") === "default" || !all || Number(factor) <= 1) return 1;
  return (0.1 * Number(all) * Math.log(Number(factor)) + 1) ** 2;
}

function deepseekRow(
  c: Keys,
  attention: AttentionSpec,
  router: ExpertsSpec["router"],
  perToken: number,
  context: RowContext,
): Row {
  const counted = {
    act: c.hidden_act,
    experts: c.n_routed_experts,
    perToken,
    router,
    shared: "plain",
  } as const;
  const dense = c.first_k_dense_replace >= c.num_hidden_layers;
  const experts = dense
    ? counted
    : checkedExperts(counted, "n_routed_experts", "num_experts_per_tok");
  const row = llamaRow(c, attention, {
    mlp: expertsIn((layer) => layer >= c.first_k_dense_replace, experts, { act: c.hidden_act }),
    names: {
      biases: { qkv: c.attention_bias, o: c.attention_bias },
      ...(!dense && {
        experts: {
          router: "mlp.gate",
          ...(router.scores === "sigmoid" && { correction: "mlp.gate.e_score_correction_bias" }),
          each: expertTensors(context),
          shared: SHARED,
        },
      }),
    },
  });
  const extra = Array.from(
    { length: Math.min(c.num_nextn_predict_layers, 16) },
    (_, index) => new RegExp(`(^|\\.)layers\\.${c.num_hidden_layers + index}\\.`),
  );
  return {
    ...row,
    sizes: {
      ...row.sizes,
      d_expert: c.moe_intermediate_size,
      d_shared: c.moe_intermediate_size * c.n_shared_experts,
    },
    ignorable: extra,
  };
}

/** Names of experts for every token. */
export const SHARED = {
  gate: "mlp.shared_experts.gate_proj",
  in: "mlp.shared_experts.up_proj",
  out: "mlp.shared_experts.down_proj",
};

const schema3 = z.object({
  ...keys,
  max_position_embeddings: z.int().positive().default(4096),
  num_experts_per_tok: z.int().positive().default(8),
  n_group: z.int().positive().default(8),
  topk_group: z.int().positive().default(4),
  rope_interleave: z.boolean().default(true),
  scoring_func: z.literal("sigmoid").optional(),
  topk_method: z.literal("noaux_tc").optional(),
});

const aliases = { num_local_experts: "n_routed_experts", num_experts: "n_routed_experts" };

export const deepseekV3 = family(
  "deepseek_v3",
  schema3,
  (c, context) => {
    const router = {
      scores: "sigmoid",
      normalised: c.norm_topk_prob ? { eps: 1e-20 } : null,
      factor: c.routed_scaling_factor,
      groups: { count: c.n_group, topGroups: c.topk_group, best: 2 },
    } as const;
    const attention = attentionOf(c, context.json, c.rope_interleave);
    return deepseekRow(c, attention, router, c.num_experts_per_tok, context);
  },
  { aliases },
);

const schema2 = z.object({
  ...keys,
  n_routed_experts: z.int().positive().default(64),
  n_shared_experts: z.int().positive().default(2),
  moe_intermediate_size: z.int().positive().default(1407),
  first_k_dense_replace: z.int().nonnegative().default(0),
  routed_scaling_factor: z.number().default(1),
  norm_topk_prob: z.unknown().optional(),
  num_experts_per_tok: z.int().positive(),
  n_group: z.int().positive().nullish(),
  topk_group: z.int().positive().nullish(),
  topk_method: z.enum(["greedy", "group_limited_greedy"]).default("greedy"),
  scoring_func: z.literal("softmax").optional(),
  mlp_bias: z.literal(false).default(false),
});

export const deepseekV2 = family(
  "deepseek_v2",
  schema2,
  (c, context) => {
    const grouped = c.topk_method === "group_limited_greedy";
    const router = {
      scores: "softmax",
      factor: c.routed_scaling_factor,
      groups: grouped ? { count: c.n_group ?? 1, topGroups: c.topk_group ?? 1, best: 1 } : null,
    } as const;
    const attention = attentionOf({ ...c, norm_topk_prob: false }, context.json, true);
    return deepseekRow(
      { ...c, norm_topk_prob: false },
      attention,
      router,
      c.num_experts_per_tok,
      context,
    );
  },
  { aliases },
);
