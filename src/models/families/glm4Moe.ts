/** @file GLM-4.5, dots.llm1 and Solar Open: LLaMA's attention with DeepSeek-V3's experts. */
import { z } from "zod";
import type { AttentionSpec, ExpertsSpec, QueryKeyNorm } from "../decoder/spec.ts";
import { SHARED } from "./deepseek.ts";
import { checkedExperts, expertsIn, expertTensors } from "./expertRows.ts";
import { layerTypeKeys, llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { QWEN3_NORMS } from "./qwen.ts";
import { family, layerTypesOf, windowsOf, type Row, type RowContext } from "./row.ts";

const keys = {
  ...llamaKeys,
  ...layerTypeKeys,
  max_position_embeddings: z.int().positive().default(131072),
  rms_norm_eps: z.number().positive().default(1e-5),
  attention_bias: z.boolean().default(false),
  moe_intermediate_size: z.int().positive().default(1408),
  num_experts_per_tok: z.int().positive().default(8),
  n_routed_experts: z.int().positive().default(128),
  n_shared_experts: z.int().positive().default(1),
  n_group: z.int().positive().default(1),
  topk_group: z.int().positive().default(1),
  first_k_dense_replace: z.int().nonnegative().default(1),
  norm_topk_prob: z.boolean().default(true),
  routed_scaling_factor: z.number().default(1),
  output_router_logits: z.unknown().optional(),
};

type Keys = z.infer<z.ZodObject<typeof keys>>;

function routedRow(
  c: Keys,
  attention: AttentionSpec,
  windows: readonly (number | null)[],
  outputBias: boolean,
  context: RowContext,
): Row {
  const router: ExpertsSpec["router"] = {
    scores: "sigmoid",
    normalised: c.norm_topk_prob ? { eps: 1e-20 } : null,
    factor: c.routed_scaling_factor,
    groups: { count: c.n_group, topGroups: c.topk_group, best: 2 },
  };
  const experts = checkedExperts(
    {
      act: c.hidden_act,
      experts: c.n_routed_experts,
      perToken: c.num_experts_per_tok,
      router,
      shared: "plain",
    },
    "n_routed_experts",
    "num_experts_per_tok",
  );
  const row = llamaRow(c, attention, {
    byLayer: { windows },
    mlp: expertsIn((layer) => layer >= c.first_k_dense_replace, experts, { act: c.hidden_act }),
    names: {
      ...QWEN3_NORMS,
      biases: { qkv: c.attention_bias, o: outputBias },
      experts: {
        router: "mlp.gate",
        correction: "mlp.gate.e_score_correction_bias",
        each: expertTensors(context),
        shared: SHARED,
      },
    },
  });
  const d_shared = c.moe_intermediate_size * c.n_shared_experts;
  return { ...row, sizes: { ...row.sizes, d_expert: c.moe_intermediate_size, d_shared } };
}

const over = (eps: number): QueryKeyNorm => ({ kind: "RMS", eps, over: "head" });
const aliases = { num_local_experts: "n_routed_experts", num_experts: "n_routed_experts" };

const glmSchema = z.object({
  ...keys,
  num_key_value_heads: z.int().positive().nullable().default(8),
  use_qk_norm: z.boolean().default(false),
  num_nextn_predict_layers: z.int().nonnegative().default(0),
});

export const glm4Moe = family(
  "glm4_moe",
  glmSchema,
  (c, context) => {
    const attention = llamaAttention(c, { part: 0.5 });
    const norm = c.use_qk_norm ? over(c.rms_norm_eps) : null;
    const windows = new Array<null>(c.num_hidden_layers).fill(null);
    return {
      ...routedRow(c, { ...attention, norm }, windows, false, context),
      ignorable: [new RegExp(`(^|\\.)layers\\.${c.num_hidden_layers}\\.`)],
    };
  },
  { aliases },
);

const dotsSchema = z.object({
  ...keys,
  num_key_value_heads: z.int().positive().nullable().default(32),
  max_position_embeddings: z.int().positive().default(2048),
  rms_norm_eps: z.number().positive().default(1e-6),
  first_k_dense_replace: z.int().nonnegative().default(0),
  norm_topk_prob: z.boolean().default(false),
  sliding_window: z.int().positive().nullable().default(4096),
  max_window_layers: z.int().nonnegative().default(62),
});

export const dots1 = family(
  "dots1",
  dotsSchema,
  (c, context) => {
    const slides = (layer: number) => c.sliding_window !== null && layer >= c.max_window_layers;
    const types = layerTypesOf(c.layer_types, c.num_hidden_layers, slides);
    const attention = { ...llamaAttention(c), norm: over(c.rms_norm_eps) };
    const windows = windowsOf(types, c.sliding_window);
    return routedRow(c, attention, windows, c.attention_bias, context);
  },
  { aliases },
);

const solarSchema = z.object({
  ...keys,
  num_key_value_heads: z.int().positive().nullable().default(8),
  head_dim: z.int().positive().default(128),
  intermediate_size: z.int().positive().optional(),
  moe_intermediate_size: z.int().positive().default(1280),
  first_k_dense_replace: z.unknown().optional(),
});

/** Experts in every layer, no norms of queries and keys. */
export const solarOpen = family(
  "solar_open",
  solarSchema,
  (c, context) => {
    const all = { ...c, first_k_dense_replace: 0, intermediate_size: c.moe_intermediate_size };
    const windows = new Array<null>(c.num_hidden_layers).fill(null);
    return routedRow(all, llamaAttention(all, { theta: 1e6 }), windows, false, context);
  },
  { aliases },
);
