/** @file GPT, the first: GPT-2 with norms on the stream, after attention and MLP, and none at the end. */
import { z } from "zod";
import { perHead } from "../config/readConfig.ts";
import { GPT2_ALIASES, GPT2_NAMES, MASKS, gpt2Keys } from "./gpt2.ts";
import { blocksOf, family } from "./row.ts";

const { n_inner: _, activation_function: __, ...keys } = gpt2Keys;

const schema = z.object({
  ...keys,
  n_positions: z.int().positive().default(512),
  /** Of its own table, where `gelu` is the approximation by tanh. */
  afn: z.enum(["relu", "silu", "gelu", "swish"]).default("gelu"),
  tie_word_embeddings: z.boolean().default(true),
  predict_special_tokens: z.unknown().optional(),
});

export const openaiGpt = family(
  "openai-gpt",
  schema,
  (c) => {
    const dHead = perHead("n_embd", c.n_embd, c.n_head);
    const attention = { heads: c.n_head, kvHeads: c.n_head, dHead, scale: 1 / Math.sqrt(dHead) };
    const act = c.afn === "gelu" ? "gelu_new" : c.afn;
    return {
      spec: {
        dModel: c.n_embd,
        vocabulary: c.vocab_size,
        contextLength: c.n_positions,
        blocks: blocksOf(c.n_layer, attention, { act }),
        norm: { kind: "LN", eps: c.layer_norm_epsilon },
        finalNorm: null,
        residual: { norms: "stream" },
        positions: { to: "stream" },
      },
      names: {
        ...GPT2_NAMES,
        embed: "tokens_embed",
        positions: "positions_embed",
        finalNorm: undefined,
        biases: { qkv: true, o: true, mlp: true, norms: true },
        stored: "in, out",
      },
      sizes: { d_mlp: 4 * c.n_embd },
      tied: c.tie_word_embeddings,
      ignorable: [MASKS],
    };
  },
  { aliases: GPT2_ALIASES },
);
