/** @file Nemotron: layer norms with gain 1 + w, squared ReLU in a plain MLP, half of each head turned. */
import { z } from "zod";
import { activationName } from "../config/activation.ts";
import { llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { family } from "./row.ts";

const schema = z.object({
  ...llamaKeys,
  max_position_embeddings: z.int().positive().default(4096),
  hidden_act: activationName.default("relu2"),
  norm_eps: z.number().positive().default(1e-5),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
});

export const nemotron = family("nemotron", schema, (c) => {
  const bias = c.attention_bias;
  return llamaRow(c, llamaAttention(c, { part: 0.5 }), {
    norm: { kind: "LN", eps: c.norm_eps, gain: "1 + w" },
    names: {
      mlp: { in: "mlp.up_proj", out: "mlp.down_proj" },
      biases: { qkv: bias, o: bias, mlp: c.mlp_bias, norms: true },
    },
  });
});
