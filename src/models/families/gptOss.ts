/** @file gpt-oss: heads with sinks, layers with a window in turn, experts with biases and a clamped gate. */
import { z } from "zod";
import { checkedExperts } from "./expertRows.ts";
import { layerTypeKeys, llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { family, layerTypesOf, windowsOf } from "./row.ts";

const schema = z.object({
  ...llamaKeys,
  ...layerTypeKeys,
  num_key_value_heads: z.int().positive().nullable().default(8),
  head_dim: z.int().positive().nullable().default(64),
  max_position_embeddings: z.int().positive().default(131072),
  rms_norm_eps: z.number().positive().default(1e-5),
  sliding_window: z.int().positive().nullable().default(128),
  attention_bias: z.boolean().default(true),
  num_local_experts: z.int().positive().default(128),
  num_experts_per_tok: z.int().positive().default(4),
  swiglu_alpha: z.number().default(1.702),
  swiglu_limit: z.number().positive().default(7),
  initial_context_length: z.unknown().optional(),
  experts_per_token: z.unknown().optional(),
  output_router_logits: z.unknown().optional(),
  router_aux_loss_coef: z.unknown().optional(),
});

export const gptOss = family("gpt_oss", schema, (c) => {
  const types = layerTypesOf(c.layer_types, c.num_hidden_layers, (layer) => layer % 2 === 0);
  const mlp = checkedExperts(
    {
      act: "silu",
      clamped: { limit: c.swiglu_limit, alpha: c.swiglu_alpha },
      experts: c.num_local_experts,
      perToken: c.num_experts_per_tok,
      router: { scores: "softmax of the chosen" },
    },
    "num_local_experts",
    "num_experts_per_tok",
  );
  const bias = c.attention_bias;
  const row = llamaRow(
    c,
    { ...llamaAttention(c, { theta: 150000 }), sinks: true },
    {
      byLayer: { windows: windowsOf(types, c.sliding_window) },
      mlp,
      names: {
        sinks: "self_attn.sinks",
        biases: { qkv: bias, o: bias },
        experts: {
          router: "mlp.router",
          routerBias: true,
          each: {
            kind: "interleaved",
            gateIn: "mlp.experts.gate_up_proj",
            out: "mlp.experts.down_proj",
          },
        },
      },
    },
  );
  return { ...row, sizes: { d_expert: c.intermediate_size } };
});
