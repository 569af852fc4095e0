/** @file OLMoE: LLaMA with experts in every layer, and norms of all heads' queries and keys. FlexOlmo: OLMo 2 with the same. */
import { z } from "zod";
import type { ResidualSpec } from "../decoder/spec.ts";
import type { ModuleNames } from "../names/moduleNames.ts";
import { checkedExperts, expertTensors } from "./expertRows.ts";
import { llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { OLMO2_NORMS } from "./olmo.ts";
import { QWEN3_NORMS } from "./qwen.ts";
import { family, type Row, type RowContext } from "./row.ts";

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

type Config = z.infer<typeof schema>;

/** @param changes of the row of a model whose norms are before its parts */
function routedRow(
  c: Config,
  context: RowContext,
  theta: number,
  changes: { readonly residual?: ResidualSpec; readonly names?: Partial<ModuleNames> } = {},
): Row {
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
    { ...llamaAttention(c, { theta }), norm, clip: c.clip_qkv ?? null },
    {
      mlp,
      ...(changes.residual && { residual: changes.residual }),
      names: {
        ...QWEN3_NORMS,
        biases: { qkv: bias, o: bias },
        experts: { router: "mlp.gate", each: expertTensors(context) },
        ...changes.names,
      },
    },
  );
  return { ...row, sizes: { d_expert: c.intermediate_size } };
}

const OPTIONS = { aliases: { num_local_experts: "num_experts" } };

export const olmoe = family("olmoe", schema, (c, context) => routedRow(c, context, 1e4), OPTIONS);

const flexSchema = z.object({
  ...schema.shape,
  rms_norm_eps: z.number().positive().default(1e-6),
  num_experts: z.int().positive().default(7),
  num_experts_per_tok: z.int().positive().default(5),
  clip_qkv: z.null().optional(),
});

export const flexOlmo = family(
  "flex_olmo",
  flexSchema,
  (c, context) => routedRow(c, context, 5e5, { residual: { norms: "after" }, names: OLMO2_NORMS }),
  OPTIONS,
);
