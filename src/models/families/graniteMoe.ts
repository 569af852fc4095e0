/** @file Granite MoE: Granite with experts, chosen by logits and weighted by a softmax of the chosen; with a shared one by another name. */
import { z } from "zod";
import { checkedExperts } from "./expertRows.ts";
import { graniteKeys, graniteRow } from "./granite.ts";
import { family, type Row } from "./row.ts";

/** Keys of every Granite with experts. */
export const graniteMoeKeys = {
  ...graniteKeys,
  num_local_experts: z.int().positive().default(8),
  num_experts_per_tok: z.int().positive().default(2),
  output_router_logits: z.unknown().optional(),
  router_aux_loss_coef: z.unknown().optional(),
};

const schema = z.object(graniteMoeKeys);

const AT = "block_sparse_moe.";
export const GRANITE_SHARED = {
  gateIn: "shared_mlp.input_linear",
  out: "shared_mlp.output_linear",
};

/** @param sharedSize width of the shared expert; 0: there is none */
export function graniteMoeRow(c: z.infer<typeof schema>, sharedSize: number): Row {
  const mlp = checkedExperts(
    {
      act: c.hidden_act,
      experts: c.num_local_experts,
      perToken: c.num_experts_per_tok,
      router: { scores: "softmax of the chosen" },
      shared: sharedSize > 0 ? "plain" : null,
    },
    "num_local_experts",
    "num_experts_per_tok",
  );
  const row = graniteRow(c, {
    mlp,
    experts: {
      router: `${AT}router.layer`,
      each: {
        kind: "stacked",
        gateIn: `${AT}input_linear.weight`,
        out: `${AT}output_linear.weight`,
      },
      ...(sharedSize > 0 && { shared: GRANITE_SHARED }),
    },
  });
  return { ...row, sizes: { d_expert: c.intermediate_size, d_shared: sharedSize } };
}

export const graniteMoe = family("granitemoe", schema, (c) => graniteMoeRow(c, 0));

const sharedSchema = z.object({
  ...graniteMoeKeys,
  shared_intermediate_size: z.int().nonnegative().default(0),
});

export const graniteMoeShared = family("granitemoeshared", sharedSchema, (c) =>
  graniteMoeRow(c, c.shared_intermediate_size),
);
