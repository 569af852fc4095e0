/** @file BERT and RoBERTa: encoders whose norms are on the stream itself, with learned positions and kinds of tokens. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { activationName } from "../config/activation.ts";
import { perHead } from "../config/readConfig.ts";
import type { ModuleNames } from "../names/moduleNames.ts";
import { blocksOf, family, type FamilyOptions, type Row } from "./row.ts";

const bertKeys = {
  num_hidden_layers: z.int().positive().default(12),
  num_attention_heads: z.int().positive().default(12),
  hidden_size: z.int().positive().default(768),
  intermediate_size: z.int().positive().default(3072),
  vocab_size: z.int().positive().default(30522),
  max_position_embeddings: z.int().positive().default(512),
  type_vocab_size: z.int().positive().default(2),
  layer_norm_eps: z.number().positive().default(1e-12),
  hidden_act: activationName.default("gelu"),
  tie_word_embeddings: z.boolean().default(true),
};

/** Encoders alone: as a decoder, BERT would have a mask. */
export const ENCODER: FamilyOptions = {
  fixed: { is_decoder: [false], position_embedding_type: ["absolute", null] },
};

/** Heads of other tasks, what summarises a text, and tables that are computed. */
export const BERT_IGNORABLE = [
  /(^|\.)pooler\.dense\./,
  /(^|\.)embeddings\.position_ids$/,
  /(^|\.)cls\.seq_relationship\./,
  /(^|\.)(cls\.predictions|lm_head)\.decoder\.bias$/,
  /(^|\.)(lm_head|cls\.predictions)\.bias$/,
];

const BERT_NAMES: ModuleNames = {
  base: "bert.",
  embed: "embeddings.word_embeddings",
  positions: "embeddings.position_embeddings",
  tokenTypes: "embeddings.token_type_embeddings",
  embedNorm: "embeddings.LayerNorm",
  layer: "encoder.layer.{layer}.",
  ln1: "attention.output.LayerNorm",
  ln2: "output.LayerNorm",
  attention: {
    q: "attention.self.query",
    k: "attention.self.key",
    v: "attention.self.value",
  },
  o: "attention.output.dense",
  mlp: { in: "intermediate.dense", out: "output.dense" },
  head: "/cls.predictions.decoder",
  headBias: "/cls.predictions.bias",
  transform: {
    dense: "/cls.predictions.transform.dense",
    norm: "/cls.predictions.transform.LayerNorm",
  },
  biases: { qkv: true, o: true, mlp: true, norms: true, transform: true },
};

/** @param before rows of the position table that come before that of the first position */
function bertRow(
  c: z.infer<z.ZodObject<typeof bertKeys>>,
  names: Partial<ModuleNames>,
  act: z.infer<typeof activationName>,
  before = 0,
): Row {
  const all = { ...BERT_NAMES, ...names };
  const heads = c.num_attention_heads;
  const dHead = perHead("hidden_size", c.hidden_size, heads);
  const norm = { kind: "LN", eps: c.layer_norm_eps } as const;
  const attention = {
    heads,
    kvHeads: heads,
    dHead,
    scale: 1 / Math.sqrt(dHead),
    mask: "none",
  } as const;
  return {
    spec: {
      dModel: c.hidden_size,
      vocabulary: c.vocab_size,
      contextLength: c.max_position_embeddings - before,
      blocks: blocksOf(c.num_hidden_layers, attention, { act: c.hidden_act }),
      norm,
      finalNorm: null,
      embedNorm: norm,
      residual: { norms: "stream" },
      positions: { to: "stream" },
      tokenTypes: c.type_vocab_size,
      head: { act, norm },
    },
    names: {
      ...all,
      positionOffset: before,
      // Untied, the unembedding has a bias of its own, and the other is read by nothing.
      headBias: c.tie_word_embeddings ? all.headBias : `${all.head}.bias`,
    },
    sizes: { d_mlp: c.intermediate_size },
    tied: c.tie_word_embeddings,
    ignorable: BERT_IGNORABLE,
  };
}

export const bert = family(
  "bert",
  z.object(bertKeys),
  (c) => bertRow(c, {}, c.hidden_act),
  ENCODER,
);

const robertaKeys = {
  ...bertKeys,
  vocab_size: z.int().positive().default(50265),
  pad_token_id: z.int().min(0).nullable().default(1),
};

/** RoBERTa counts positions from the row after that of padding; padding itself has none, so rows may not have it. */
function robertaFamily(name: string) {
  return family(
    name,
    z.object(robertaKeys),
    (c) => {
      const padding = c.pad_token_id ?? 0;
      if (c.max_position_embeddings <= padding + 1)
        throw new InputError(
          "config",
          `max_position_embeddings ${c.max_position_embeddings} leaves no position after pad_token_id ${padding}`,
        );
      const row = bertRow(c, ROBERTA_NAMES, "gelu", padding + 1);
      return { ...row, spec: { ...row.spec, padding } };
    },
    ENCODER,
  );
}

const ROBERTA_NAMES = {
  base: "roberta.",
  head: "/lm_head.decoder",
  headBias: "/lm_head.bias",
  transform: { dense: "/lm_head.dense", norm: "/lm_head.layer_norm" },
};

export const roberta = robertaFamily("roberta");
export const xlmRoberta = robertaFamily("xlm-roberta");
export const camembert = robertaFamily("camembert");
