/** @file StableLM: LLaMA with layer norms; some turn a quarter of each head, have a norm for each, or stand side by side. */
import { z } from "zod";
import { llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { family } from "./row.ts";

const schema = z.object({
  ...llamaKeys,
  max_position_embeddings: z.int().positive().default(4096),
  layer_norm_eps: z.number().positive().default(1e-5),
  use_qkv_bias: z.boolean().default(false),
  qk_layernorm: z.boolean().default(false),
  use_parallel_residual: z.boolean().default(false),
});

export const stablelm = family("stablelm", schema, (c) => {
  const norm = { kind: "LN", eps: c.layer_norm_eps } as const;
  const attention = llamaAttention(c, { part: 0.25 });
  const shares = attention.kvHeads !== attention.heads;
  const parallel = c.use_parallel_residual;
  return llamaRow(
    c,
    { ...attention, norm: c.qk_layernorm ? { ...norm, over: "each head" } : null },
    {
      norm,
      residual: { norms: "before", parallel: parallel ? "one norm" : null },
      names: {
        ...(parallel && { ln2: undefined }),
        qNorm: "self_attn.q_layernorm.norms.{head}",
        kNorm: `self_attn.k_layernorm.norms.{${shares ? "kv_head" : "head"}}`,
        biases: { qkv: c.use_qkv_bias, norms: true },
      },
    },
  );
});
