/** @file Falcon: one key head for all or grouped ones, attention and MLP side by side, rotary positions or linear biases. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { activationName } from "../config/activation.ts";
import { perHead } from "../config/readConfig.ts";
import { ropeKeys, ropeOf } from "../config/rope.ts";
import { alibiSlopes } from "../decoder/alibi.ts";
import type { AttentionSpec } from "../decoder/spec.ts";
import type { FusedOrder } from "../names/fusedOrders.ts";
import { BLOOM_NAMES } from "./bloom.ts";
import { blocksOf, checkGroups, family } from "./row.ts";

const schema = z.object({
  num_hidden_layers: z.int().positive(),
  num_attention_heads: z.int().positive(),
  num_kv_heads: z.int().positive().nullish(),
  hidden_size: z.int().positive(),
  ffn_hidden_size: z.int().positive().nullish(),
  vocab_size: z.int().positive(),
  max_position_embeddings: z.int().positive().default(2048),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  activation: activationName.default("gelu"),
  alibi: z.boolean().default(false),
  bias: z.boolean().default(false),
  multi_query: z.boolean().default(true),
  new_decoder_architecture: z.boolean().default(false),
  num_ln_in_parallel_attn: z.int().min(1).max(2).nullish(),
  parallel_attn: z.boolean().default(true),
  tie_word_embeddings: z.boolean().default(true),
  apply_residual_connection_post_layernorm: z.literal(false).optional(),
  ...ropeKeys,
});

type Config = z.infer<typeof schema>;

export const falcon = family(
  "falcon",
  schema,
  (c) => {
    const { parallel_attn: parallel, bias } = c;
    const norms = normsOf(c);
    return {
      spec: {
        dModel: c.hidden_size,
        vocabulary: c.vocab_size,
        contextLength: c.max_position_embeddings,
        blocks: blocksOf(c.num_hidden_layers, attentionOf(c), { act: c.activation }),
        norm: { kind: "LN", eps: c.layer_norm_epsilon },
        residual: {
          norms: "before",
          parallel: parallel ? (norms === 2 ? "two norms" : "one norm") : null,
        },
      },
      names: {
        ...BLOOM_NAMES,
        ...(norms === 2 && { ln1: "ln_attn", ln2: "ln_mlp" }),
        ...(parallel && norms === 1 && { ln2: undefined }),
        attention: {
          qkv: "self_attention.query_key_value",
          order: orderOf(c),
        },
        biases: { qkv: bias, o: bias, mlp: bias, norms: true },
      },
      sizes: { d_mlp: c.ffn_hidden_size ?? 4 * c.hidden_size },
      tied: c.tie_word_embeddings,
    };
  },
  {
    aliases: {
      n_layer: "num_hidden_layers",
      n_head: "num_attention_heads",
      n_head_kv: "num_kv_heads",
    },
  },
);

/** Norms before attention and MLP where they stand side by side. */
function normsOf({ new_decoder_architecture: renewed, ...c }: Config): 1 | 2 {
  if (renewed && !c.parallel_attn)
    throw new InputError("config", "new_decoder_architecture needs parallel_attn = true");
  const norms = c.num_ln_in_parallel_attn ?? (renewed ? 2 : 1);
  if (norms === 2 && !renewed && c.parallel_attn)
    throw new InputError("config", "num_ln_in_parallel_attn = 2 needs new_decoder_architecture");
  return renewed && norms === 2 ? 2 : 1;
}

function orderOf(c: Config): FusedOrder {
  if (c.new_decoder_architecture) return "by group";
  return c.multi_query ? "q, k, v" : "by head";
}

function attentionOf(c: Config): AttentionSpec {
  const heads = c.num_attention_heads;
  const dHead = perHead("hidden_size", c.hidden_size, heads);
  const scale = 1 / Math.sqrt(dHead);
  const old = c.multi_query ? 1 : heads;
  const kvHeads = c.new_decoder_architecture ? (c.num_kv_heads ?? heads) : old;
  checkGroups(heads, kvHeads, ["num_attention_heads", "num_kv_heads"]);
  const positions = c.alibi
    ? { alibi: { slopes: alibiSlopes(heads), rounded: scale } }
    : { rotary: { rope: ropeOf(c, dHead, { theta: 10000, part: 1 }), interleaved: false } };
  return { heads, kvHeads, dHead, scale, ...positions };
}
