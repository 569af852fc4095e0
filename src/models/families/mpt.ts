/** @file MPT: linear biases, no biases of modules or norms, queries, keys and values within bounds. */
import { z } from "zod";
import { perHead } from "../config/readConfig.ts";
import { mptSlopes } from "../decoder/alibi.ts";
import { blocksOf, family } from "./row.ts";

const attention = z.looseObject({
  /** transformers' MPT has linear biases of at most 8, and no norms of queries and keys, whatever is said here. */
  alibi: z.unknown().optional(),
  qk_ln: z.unknown().optional(),
  alibi_bias_max: z.unknown().optional(),
  clip_qkv: z.number().nonnegative().nullish(),
  softmax_scale: z.number().positive().nullish(),
  prefix_lm: z.literal(false).default(false),
  attn_uses_sequence_id: z.literal(false).default(false),
  attn_type: z.literal("multihead_attention").default("multihead_attention"),
});

const schema = z.object({
  n_layers: z.int().positive(),
  n_heads: z.int().positive(),
  d_model: z.int().positive(),
  vocab_size: z.int().positive(),
  max_seq_len: z.int().positive().default(2048),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  attn_config: attention.nullish(),
  tie_word_embeddings: z.boolean().default(true),
  /** transformers' MPT has neither biases nor a scale of logits, and its MLPs are four times as wide whatever is said here. */
  no_bias: z.unknown().optional(),
  logit_scale: z.unknown().optional(),
  expansion_ratio: z.unknown().optional(),
  learned_pos_emb: z.unknown().optional(),
  embedding_fraction: z.unknown().optional(),
  norm_type: z.unknown().optional(),
  init_device: z.unknown().optional(),
  init_config: z.unknown().optional(),
  verbose: z.unknown().optional(),
});

export const mpt = family(
  "mpt",
  schema,
  (c) => {
    const heads = c.n_heads;
    const dHead = perHead("d_model", c.d_model, heads);
    const settings = attention.parse(c.attn_config ?? {});
    const spec = {
      heads,
      kvHeads: heads,
      dHead,
      scale: settings.softmax_scale ?? 1 / Math.sqrt(dHead),
      alibi: { slopes: mptSlopes(heads) },
      clip: settings.clip_qkv ?? null,
    };
    return {
      spec: {
        dModel: c.d_model,
        vocabulary: c.vocab_size,
        contextLength: c.max_seq_len,
        blocks: blocksOf(c.n_layers, spec, { act: "gelu" }),
        norm: { kind: "LN", eps: c.layer_norm_epsilon },
        residual: { norms: "before" },
      },
      names: {
        base: "transformer.",
        embed: "wte",
        layer: "blocks.{layer}.",
        ln1: "norm_1",
        ln2: "norm_2",
        finalNorm: "norm_f",
        attention: { qkv: "attn.Wqkv", order: "q, k, v" },
        o: "attn.out_proj",
        mlp: { in: "ffn.up_proj", out: "ffn.down_proj" },
        head: "/lm_head",
      },
      sizes: { d_mlp: 4 * c.d_model },
      tied: c.tie_word_embeddings,
    };
  },
  {
    aliases: {
      num_hidden_layers: "n_layers",
      num_attention_heads: "n_heads",
      hidden_size: "d_model",
      max_position_embeddings: "max_seq_len",
    },
  },
);
