/** @file Jamba: layers of Mamba and some of attention that knows no positions, and experts after some of both. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import type { BlockSpec, SsmSpec } from "../decoder/spec.ts";
import { checkedExperts, expertsIn, expertTensors } from "./expertRows.ts";
import { llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { rankOf, timeStepRank } from "./mamba.ts";
import { family } from "./row.ts";

const schema = z.object({
  ...llamaKeys,
  num_key_value_heads: z.int().positive().nullable().default(8),
  max_position_embeddings: z.int().positive().default(262144),
  num_experts: z.int().positive().default(16),
  num_experts_per_tok: z.int().positive().default(2),
  expert_layer_period: z.int().positive().default(2),
  expert_layer_offset: z.int().nonnegative().default(1),
  attn_layer_period: z.int().positive().default(8),
  attn_layer_offset: z.int().nonnegative().default(4),
  mamba_d_state: z.int().positive().default(16),
  mamba_d_conv: z.int().positive().default(4),
  mamba_expand: z.int().positive().default(2),
  mamba_dt_rank: timeStepRank,
  mamba_conv_bias: z.boolean().default(true),
  mamba_proj_bias: z.boolean().default(false),
  /** How fast it goes, how it is trained, what is returned. */
  use_mamba_kernels: z.unknown().optional(),
  use_mambapy: z.unknown().optional(),
  use_associative_scan: z.unknown().optional(),
  output_router_logits: z.unknown().optional(),
  router_aux_loss_coef: z.unknown().optional(),
  num_logits_to_keep: z.unknown().optional(),
});

type Keys = z.infer<typeof schema>;

export const jamba = family(
  "jamba",
  schema,
  (c, context) => {
    checkOffsets(c);
    const at = "feed_forward.";
    const row = llamaRow(c, llamaAttention(c, { turns: false }), {
      mlp: mlpOf(c),
      names: {
        ln2: "pre_ff_layernorm",
        finalNorm: "final_layernorm",
        ssm: {
          mixer: "mamba",
          norms: { dt: "dt_layernorm", B: "b_layernorm", C: "c_layernorm" },
        },
        mlp: { gate: `${at}gate_proj`, in: `${at}up_proj`, out: `${at}down_proj` },
        experts: { router: `${at}router`, each: expertTensors(context, at) },
        biases: { conv: c.mamba_conv_bias, ssm: c.mamba_proj_bias },
      },
    });
    const scan = scanOf(c);
    const blocks = row.spec.blocks.map((block, layer): BlockSpec =>
      layer % c.attn_layer_period === c.attn_layer_offset
        ? block
        : { ...block, attention: null, ssm: scan },
    );
    return {
      ...row,
      spec: { ...row.spec, blocks },
      sizes: { ...row.sizes, d_expert: c.intermediate_size },
    };
  },
  { aliases: { num_local_experts: "num_experts" } },
);

/** Experts in every so many layers; one expert is an MLP. */
function mlpOf(c: Keys) {
  const dense = { act: c.hidden_act };
  if (c.num_experts === 1) return dense;
  const spec = checkedExperts(
    {
      ...{ act: c.hidden_act, experts: c.num_experts, perToken: c.num_experts_per_tok },
      router: { scores: "softmax", normalised: null },
    },
    "num_experts",
    "num_experts_per_tok",
  );
  return expertsIn((layer) => layer % c.expert_layer_period === c.expert_layer_offset, spec, dense);
}

function scanOf(c: Keys): SsmSpec {
  return {
    ...{ kind: "channels", heads: c.mamba_expand * c.hidden_size, dHead: 1 },
    ...{ states: c.mamba_d_state, taps: c.mamba_d_conv, act: c.hidden_act },
    rank: rankOf(c.mamba_dt_rank, c.hidden_size),
    norm: { kind: "RMS", eps: c.rms_norm_eps },
  };
}

function checkOffsets(c: Keys): void {
  for (const kind of ["attn", "expert"] as const) {
    const [period, offset] = [c[`${kind}_layer_period`], c[`${kind}_layer_offset`]];
    if (offset < period) continue;
    const names = [`${kind}_layer_offset`, `${kind}_layer_period`] as const;
    throw new InputError("config", `${names[0]} ${offset} must be less than ${names[1]} ${period}`);
  }
}
