/** @file GPT-2 (and nanoGPT): learned positions, layer norm before each part, one fused matrix for queries, keys, values. */
import { z } from "zod";
import { activationName } from "../config/activation.ts";
import { perHead } from "../config/readConfig.ts";
import { blocksOf, family } from "./row.ts";

/** Keys of GPT-2 and those that share its names. */
export const gpt2Keys = {
  n_layer: z.int().positive(),
  n_head: z.int().positive(),
  n_embd: z.int().positive(),
  n_positions: z.int().positive(),
  n_ctx: z.int().positive().optional(),
  n_inner: z.int().positive().nullish(),
  vocab_size: z.int().positive(),
  activation_function: activationName.default("gelu_new"),
  layer_norm_epsilon: z.number().positive().default(1e-5),
};

const schema = z.object({
  ...gpt2Keys,
  scale_attn_weights: z.boolean().default(true),
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(true),
  /** nanoGPT's: false leaves out all biases, those of norms too. */
  bias: z.boolean().default(true),
});

export const GPT2_NAMES = {
  base: "transformer.",
  embed: "wte",
  positions: "wpe",
  layer: "h.{layer}.",
  ln1: "ln_1",
  ln2: "ln_2",
  finalNorm: "ln_f",
  attention: { qkv: "attn.c_attn", order: "q, k, v" },
  o: "attn.c_proj",
  mlp: { in: "mlp.c_fc", out: "mlp.c_proj" },
  head: "/lm_head",
} as const;

/** Other names of keys. */
export const GPT2_ALIASES = {
  num_hidden_layers: "n_layer",
  num_attention_heads: "n_head",
  hidden_size: "n_embd",
  max_position_embeddings: "n_positions",
};

/** Old files carry the causal mask of each layer. */
export const MASKS = /(^|\.)h\.\d+\.attn\.((attention\.)?(masked_)?bias|causal_mask)$/;

export const gpt2 = family(
  "gpt2",
  schema,
  (c, { layout }) => {
    const dHead = perHead("n_embd", c.n_embd, c.n_head);
    const scale = c.scale_attn_weights ? 1 / Math.sqrt(dHead) : 1;
    const scales = Array.from(
      { length: c.n_layer },
      (_, layer) => scale / (c.scale_attn_by_inverse_layer_idx ? layer + 1 : 1),
    );
    const attention = { heads: c.n_head, kvHeads: c.n_head, dHead, scale };
    const { bias } = c;
    return {
      spec: {
        dModel: c.n_embd,
        vocabulary: c.vocab_size,
        contextLength: c.n_positions,
        blocks: blocksOf(c.n_layer, attention, { act: c.activation_function }, { scales }),
        norm: { kind: "LN", eps: c.layer_norm_epsilon },
        residual: { norms: "before" },
        positions: { to: "stream" },
      },
      names: {
        ...GPT2_NAMES,
        biases: { qkv: bias, o: bias, mlp: bias, norms: bias },
        stored: layout === "hugging_face" ? "in, out" : "out, in",
      },
      sizes: { d_mlp: c.n_inner ?? 4 * c.n_embd },
      tied: c.tie_word_embeddings,
      ignorable: [MASKS],
    };
  },
  { aliases: GPT2_ALIASES },
);
