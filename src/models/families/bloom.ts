/** @file BLOOM: linear biases in place of positions, a norm of the embeddings. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { perHead } from "../config/readConfig.ts";
import { alibiSlopes } from "../decoder/alibi.ts";
import { blocksOf, family } from "./row.ts";

const schema = z.object({
  n_layer: z.int().positive(),
  n_head: z.int().positive(),
  hidden_size: z.int().positive(),
  vocab_size: z.int().positive(),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  apply_residual_connection_post_layernorm: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(true),
  seq_length: z.int().positive().default(2048),
  slow_but_exact: z.boolean().default(false),
  pretraining_tp: z.int().positive().default(1),
  n_inner: z.null().optional(),
  attention_softmax_in_fp32: z.unknown().optional(),
  bias_dropout_fusion: z.unknown().optional(),
  masked_softmax_fusion: z.unknown().optional(),
  offset_alibi: z.unknown().optional(),
  skip_bias_add: z.unknown().optional(),
  skip_bias_add_qkv: z.unknown().optional(),
});

export const bloom = family(
  "bloom",
  schema,
  (c) => {
    checkExact(c);
    const heads = c.n_head;
    const dHead = perHead("hidden_size", c.hidden_size, heads);
    const alibi = { slopes: alibiSlopes(heads) };
    const attention = { heads, kvHeads: heads, dHead, scale: 1 / Math.sqrt(dHead), alibi };
    const norm = { kind: "LN", eps: c.layer_norm_epsilon } as const;
    return {
      spec: {
        dModel: c.hidden_size,
        vocabulary: c.vocab_size,
        contextLength: c.seq_length,
        blocks: blocksOf(c.n_layer, attention, { act: "gelu_new" }),
        norm,
        embedNorm: norm,
        residual: {
          norms: "before",
          fromNorm: c.apply_residual_connection_post_layernorm,
        },
      },
      names: {
        ...BLOOM_NAMES,
        attention: {
          qkv: "self_attention.query_key_value",
          order: "by head",
        },
        embedNorm: "word_embeddings_layernorm",
        biases: { qkv: true, o: true, mlp: true, norms: true },
      },
      sizes: { d_mlp: 4 * c.hidden_size },
      tied: c.tie_word_embeddings,
    };
  },
  {
    aliases: {
      num_hidden_layers: "n_layer",
      num_attention_heads: "n_head",
      n_embed: "hidden_size",
    },
  },
);

/** There transformers leaves out the biases of what attention and MLP write, which the checkpoint was trained with. */
function checkExact({
  slow_but_exact,
  pretraining_tp,
}: {
  readonly slow_but_exact: boolean;
  readonly pretraining_tp: number;
}): void {
  if (!slow_but_exact || pretraining_tp === 1) return;
  throw new InputError(
    "config",
    `slow_but_exact = true with pretraining_tp ${pretraining_tp} is not supported: transformers leaves out biases there; set slow_but_exact to false`,
  );
}

/** Names that BLOOM and Falcon share. */
export const BLOOM_NAMES = {
  base: "transformer.",
  embed: "word_embeddings",
  layer: "h.{layer}.",
  ln1: "input_layernorm",
  ln2: "post_attention_layernorm",
  finalNorm: "ln_f",
  o: "self_attention.dense",
  mlp: { in: "mlp.dense_h_to_4h", out: "mlp.dense_4h_to_h" },
  head: "/lm_head",
} as const;
