/** @file DistilBERT: BERT without kinds of tokens, under names of its own. */
import { z } from "zod";
import { activationName } from "../config/activation.ts";
import { perHead } from "../config/readConfig.ts";
import { BERT_IGNORABLE, ENCODER } from "./bert.ts";
import { blocksOf, family } from "./row.ts";

const schema = z.object({
  n_layers: z.int().positive().default(6),
  n_heads: z.int().positive().default(12),
  dim: z.int().positive().default(768),
  hidden_dim: z.int().positive().default(3072),
  vocab_size: z.int().positive().default(30522),
  max_position_embeddings: z.int().positive().default(512),
  activation: activationName.default("gelu"),
  tie_word_embeddings: z.boolean().default(true),
  /** How the table of positions began; the files hold it either way. */
  sinusoidal_pos_embds: z.boolean().default(false),
});

const NORM = { kind: "LN", eps: 1e-12 } as const;

export const distilbert = family(
  "distilbert",
  schema,
  (c) => {
    const dHead = perHead("dim", c.dim, c.n_heads);
    const attention = {
      heads: c.n_heads,
      kvHeads: c.n_heads,
      dHead,
      scale: 1 / Math.sqrt(dHead),
      mask: "none",
    } as const;
    return {
      spec: {
        dModel: c.dim,
        vocabulary: c.vocab_size,
        contextLength: c.max_position_embeddings,
        blocks: blocksOf(c.n_layers, attention, { act: c.activation }),
        norm: NORM,
        finalNorm: null,
        embedNorm: NORM,
        residual: { norms: "stream" },
        positions: { to: "stream" },
        head: { act: c.activation, norm: NORM },
      },
      names: {
        base: "distilbert.",
        embed: "embeddings.word_embeddings",
        positions: "embeddings.position_embeddings",
        embedNorm: "embeddings.LayerNorm",
        layer: "transformer.layer.{layer}.",
        ln1: "sa_layer_norm",
        ln2: "output_layer_norm",
        attention: { q: "attention.q_lin", k: "attention.k_lin", v: "attention.v_lin" },
        o: "attention.out_lin",
        mlp: { in: "ffn.lin1", out: "ffn.lin2" },
        head: "/vocab_projector",
        transform: { dense: "/vocab_transform", norm: "/vocab_layer_norm" },
        biases: { qkv: true, o: true, mlp: true, norms: true, head: true, transform: true },
      },
      sizes: { d_mlp: c.hidden_dim },
      tied: c.tie_word_embeddings,
      ignorable: [...BERT_IGNORABLE, /(^|\.)pre_classifier\./],
    };
  },
  {
    ...ENCODER,
    aliases: { hidden_size: "dim", num_attention_heads: "n_heads", num_hidden_layers: "n_layers" },
  },
);
