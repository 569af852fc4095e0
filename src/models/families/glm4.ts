/** @file GLM-4: half of each head turned by neighbouring entries, one matrix for the MLP; `glm4` has norms around its parts. */
import { z } from "zod";
import type { ModuleNames } from "../names/moduleNames.ts";
import { llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { family, type Row } from "./row.ts";

const schema = z.object({
  ...llamaKeys,
  num_key_value_heads: z.int().positive().nullable().default(2),
  head_dim: z.int().positive().nullable().default(128),
  max_position_embeddings: z.int().positive().default(131072),
  rms_norm_eps: z.number().positive().default(0.00000015625),
  attention_bias: z.boolean().default(true),
});

function row(
  c: z.infer<typeof schema>,
  norms: "before" | "around",
  names: Partial<ModuleNames>,
): Row {
  return llamaRow(c, llamaAttention(c, { part: 0.5, interleaved: true }), {
    residual: { norms },
    names: {
      mlp: { gateIn: "mlp.gate_up_proj", out: "mlp.down_proj" },
      biases: { qkv: c.attention_bias },
      ...names,
    },
  });
}

export const glm = family("glm", schema, (c) => row(c, "before", {}));

export const glm4 = family("glm4", schema, (c) =>
  row(c, "around", {
    ln1_post: "post_self_attn_layernorm",
    ln2_post: "post_mlp_layernorm",
  }),
);
