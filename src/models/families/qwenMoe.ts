/** @file Qwen2-MoE (a shared expert times a learned share) and Qwen3-MoE: Qwen with experts in some layers. */
import { z } from "zod";
import { checkedExperts, expertsIn, expertTensors, stacksOfEitherOrder } from "./expertRows.ts";
import { llamaAttention, llamaRow } from "./llamaLike.ts";
import { QWEN3_NORMS, qwenKeys } from "./qwen.ts";
import { family, layerTypesOf, windowsOf, type RowContext } from "./row.ts";

const keys = {
  ...qwenKeys,
  decoder_sparse_step: z.int().positive().default(1),
  mlp_only_layers: z.array(z.int().nonnegative()).nullish(),
  norm_topk_prob: z.boolean().default(false),
  output_router_logits: z.unknown().optional(),
  router_aux_loss_coef: z.unknown().optional(),
};

type Keys = z.infer<z.ZodObject<typeof keys>>;

interface Counts {
  readonly experts: number;
  readonly perToken: number;
  readonly shared?: "gated";
}

/** Experts in every so many layers, but for those that are named. */
function mlpOf(c: Keys, { experts, perToken, shared }: Counts) {
  const spec = checkedExperts(
    {
      act: c.hidden_act,
      experts,
      perToken,
      router: { scores: "softmax", normalised: c.norm_topk_prob ? { eps: 0 } : null },
      shared: shared ?? null,
    },
    "num_experts",
    "num_experts_per_tok",
  );
  const has = (layer: number) =>
    !c.mlp_only_layers?.includes(layer) && (layer + 1) % c.decoder_sparse_step === 0;
  return expertsIn(has, spec, { act: c.hidden_act });
}

const expertNames = (context: RowContext) => ({ router: "mlp.gate", each: expertTensors(context) });

const qwen2Schema = z.object({
  ...keys,
  num_key_value_heads: z.int().positive().nullable().default(16),
  sliding_window: z.int().nonnegative().nullable().default(4096),
  moe_intermediate_size: z.int().positive().default(1408),
  shared_expert_intermediate_size: z.int().positive().default(5632),
  num_experts: z.int().positive().default(60),
  num_experts_per_tok: z.int().positive().default(4),
  qkv_bias: z.boolean().default(true),
});

export const qwen2Moe = family("qwen2_moe", qwen2Schema, (c, context) => {
  const slides = (layer: number) =>
    c.use_sliding_window && layer % 2 === 0 && layer < c.max_window_layers;
  const types = layerTypesOf(c.layer_types, c.num_hidden_layers, slides);
  const counts = {
    experts: c.num_experts,
    perToken: c.num_experts_per_tok,
    shared: "gated",
  } as const;
  const row = llamaRow(c, llamaAttention(c), {
    byLayer: { windows: windowsOf(types, c.sliding_window) },
    mlp: mlpOf(c, counts),
    names: {
      biases: { qkv: c.qkv_bias },
      experts: {
        ...expertNames(context),
        shared: {
          gate: "mlp.shared_expert.gate_proj",
          in: "mlp.shared_expert.up_proj",
          out: "mlp.shared_expert.down_proj",
        },
        sharedGate: "mlp.shared_expert_gate",
      },
    },
  });
  const sizes = { d_expert: c.moe_intermediate_size, d_shared: c.shared_expert_intermediate_size };
  return { ...row, sizes: { ...row.sizes, ...sizes } };
});

const qwen3Schema = z.object({
  ...keys,
  num_key_value_heads: z.int().positive().nullable().default(4),
  attention_bias: z.boolean().default(false),
  moe_intermediate_size: z.int().positive().default(768),
  num_local_experts: z.int().positive().default(128),
  num_experts_per_tok: z.int().positive().default(8),
});

export const qwen3Moe = family(
  "qwen3_moe",
  qwen3Schema,
  (c, context) => {
    const counts = { experts: c.num_local_experts, perToken: c.num_experts_per_tok };
    const norm = { kind: "RMS", eps: c.rms_norm_eps, over: "head" } as const;
    const window = c.use_sliding_window ? c.sliding_window || null : null;
    const bias = c.attention_bias;
    const each = context.has("mlp.experts.gate_up_proj")
      ? stacksOfEitherOrder(context, c.hidden_size)
      : expertTensors(context);
    const row = llamaRow(
      c,
      { ...llamaAttention(c), norm, window },
      {
        mlp: mlpOf(c, counts),
        names: {
          ...QWEN3_NORMS,
          biases: { qkv: bias, o: bias },
          experts: { router: "mlp.gate", each },
        },
      },
    );
    return { ...row, sizes: { ...row.sizes, d_expert: c.moe_intermediate_size } };
  },
  { aliases: { num_experts: "num_local_experts" } },
);
