/** @file GPT-BigCode (StarCoder): GPT-2 in nn.Linear's layout, with one key head for all. */
import { z } from "zod";
import { activationName } from "../config/activation.ts";
import { perHead } from "../config/readConfig.ts";
import { GPT2_ALIASES, GPT2_NAMES, gpt2Keys, MASKS } from "./gpt2.ts";
import { blocksOf, family } from "./row.ts";

const schema = z.object({
  ...gpt2Keys,
  activation_function: activationName.default("gelu_pytorch_tanh"),
  multi_query: z.boolean().default(true),
  scale_attn_weights: z.boolean().default(true),
  tie_word_embeddings: z.boolean().default(true),
  attention_softmax_in_fp32: z.unknown().optional(),
  scale_attention_softmax_in_fp32: z.unknown().optional(),
  /** Follows from multi_query. */
  num_key_value_heads: z.unknown().optional(),
  inference_runner: z.unknown().optional(),
  max_batch_size: z.unknown().optional(),
  max_sequence_length: z.unknown().optional(),
  pad_key_length: z.unknown().optional(),
  pre_allocate_kv_cache: z.unknown().optional(),
  validate_runner_input: z.unknown().optional(),
  attention_type: z.unknown().optional(),
});

export const gptBigCode = family(
  "gpt_bigcode",
  schema,
  (c) => {
    const dHead = perHead("n_embd", c.n_embd, c.n_head);
    const attention = {
      heads: c.n_head,
      kvHeads: c.multi_query ? 1 : c.n_head,
      dHead,
      scale: c.scale_attn_weights ? 1 / Math.sqrt(dHead) : 1,
    };
    return {
      spec: {
        dModel: c.n_embd,
        vocabulary: c.vocab_size,
        contextLength: c.n_positions,
        blocks: blocksOf(c.n_layer, attention, { act: c.activation_function }),
        norm: { kind: "LN", eps: c.layer_norm_epsilon },
        residual: { norms: "before" },
        positions: { to: "stream" },
      },
      names: {
        ...GPT2_NAMES,
        attention: { qkv: "attn.c_attn", order: c.multi_query ? "q, k, v" : "by head" },
        biases: { qkv: true, o: true, mlp: true, norms: true },
      },
      sizes: { d_mlp: c.n_inner ?? 4 * c.n_embd },
      tied: c.tie_word_embeddings,
      ignorable: [MASKS],
    };
  },
  { aliases: GPT2_ALIASES },
);
