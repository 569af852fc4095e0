/** @file Phi (1, 1.5, 2): layer norm, attention and MLP side by side after one norm, half of each head turned, biases. */
import { z } from "zod";
import { activationName } from "../config/activation.ts";
import { llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { family } from "./row.ts";

const schema = z.object({
  ...llamaKeys,
  hidden_act: activationName.default("gelu_new"),
  layer_norm_eps: z.number().positive().default(1e-5),
  qk_layernorm: z.boolean().default(false),
});

const ALL = { qkv: true, o: true, mlp: true, head: true, norms: true, qkNorms: true };

export const phi = family("phi", schema, (c) => {
  const norm = { kind: "LN", eps: c.layer_norm_eps } as const;
  const own = c.qk_layernorm ? ({ ...norm, over: "head" } as const) : null;
  return llamaRow(
    c,
    { ...llamaAttention(c, { part: 0.5 }), norm: own },
    {
      norm,
      residual: { norms: "before", parallel: "one norm" },
      names: {
        ln2: undefined,
        finalNorm: "final_layernorm",
        o: "self_attn.dense",
        qNorm: "self_attn.q_layernorm",
        kNorm: "self_attn.k_layernorm",
        mlp: { in: "mlp.fc1", out: "mlp.fc2" },
        biases: ALL,
      },
    },
  );
});
