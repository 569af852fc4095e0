/** @file BART, mBART, Marian and Whisper: encoder-decoders with biases and positions of their own in both stacks. */
import { z } from "zod";
import { activationName } from "../config/activation.ts";
import { perHead } from "../config/readConfig.ts";
import { AUDIO_WEIGHTS } from "../composed/audio.ts";
import { composedFamily, stackFacts } from "../composed/composedFamily.ts";
import { encoderDecoderProgram } from "../composed/encoderDecoder.ts";
import { stackPart, tokenPart } from "../composed/partMap.ts";
import { embeddings, ENCODER_DECODER, unembedding } from "../composed/unembedding.ts";
import type { AttentionSpec, DecoderSpec, StackSpec } from "../decoder/spec.ts";
import type { ModuleNames } from "../names/moduleNames.ts";
import { blocksOf } from "./row.ts";

const keys = {
  vocab_size: z.int().positive(),
  d_model: z.int().positive().default(1024),
  encoder_layers: z.int().positive().default(12),
  decoder_layers: z.int().positive().default(12),
  encoder_attention_heads: z.int().positive().default(16),
  decoder_attention_heads: z.int().positive().default(16),
  encoder_ffn_dim: z.int().positive().default(4096),
  decoder_ffn_dim: z.int().positive().default(4096),
  activation_function: activationName.default("gelu"),
  scale_embedding: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(true),
};

const textKeys = { ...keys, max_position_embeddings: z.int().positive().default(1024) };

type Keys = z.infer<z.ZodObject<typeof keys>>;
type Which = "encoder" | "decoder";

const NORM = { kind: "LN", eps: 1e-5 } as const;

/** What both stacks of all of them are. @param early norms stand before their parts, and one after the last block */
function stackOf(c: Keys, which: Which, early: boolean): StackSpec {
  const heads = c[`${which}_attention_heads`];
  const dHead = perHead("d_model", c.d_model, heads);
  const cross: AttentionSpec = {
    heads,
    kvHeads: heads,
    dHead,
    scale: 1 / Math.sqrt(dHead),
    mask: "none",
  };
  const attention: AttentionSpec = { ...cross, mask: which === "decoder" ? "causal" : "none" };
  const blocks = blocksOf(c[`${which}_layers`], attention, { act: c.activation_function });
  return {
    dModel: c.d_model,
    blocks: which === "decoder" ? blocks.map((block) => ({ ...block, cross })) : blocks,
    norm: NORM,
    finalNorm: early ? NORM : null,
    residual: { norms: early ? "before" : "stream" },
  };
}

function tokenStack(
  family: string,
  c: Keys,
  which: Which,
  early: boolean,
  more: Pick<DecoderSpec, "contextLength"> & Partial<DecoderSpec>,
): DecoderSpec {
  return {
    ...stackOf(c, which, early),
    family,
    vocabulary: c.vocab_size,
    embedMultiplier: c.scale_embedding ? Math.sqrt(c.d_model) : 1,
    ...more,
  };
}

function namesOf(which: Which, early: boolean): ModuleNames {
  const attention = (at: string) => ({ q: `${at}.q_proj`, k: `${at}.k_proj`, v: `${at}.v_proj` });
  return {
    base: "model.",
    embed: `${which}.embed_tokens`,
    layer: `${which}.layers.{layer}.`,
    ln1: "self_attn_layer_norm",
    ...(which === "decoder"
      ? {
          ln2: "encoder_attn_layer_norm",
          ln3: "final_layer_norm",
          cross: { attention: attention("encoder_attn"), o: "encoder_attn.out_proj" },
        }
      : { ln2: "final_layer_norm" }),
    ...(early && { finalNorm: `${which}.layer_norm` }),
    attention: attention("self_attn"),
    o: "self_attn.out_proj",
    mlp: { in: "fc1", out: "fc2" },
    head: "/lm_head",
    biases: { qkv: true, o: true, mlp: true, norms: true },
  };
}

const IGNORABLE = [
  /(^|\.)shared\.weight$/,
  /(^|\.)(encoder|decoder)\.embed_tokens\.weight$/,
  /(^|\.)(lm_head|proj_out)\.weight$/,
  /(^|\.)classification_head\./,
];

/** @param early mBART's norms: before their parts */
function bartFamily(name: string, vocabulary: number, early: boolean) {
  const schema = z.object({ ...textKeys, vocab_size: z.int().positive().default(vocabulary) });
  return composedFamily(
    name,
    schema,
    (c, { ties }) => {
      const more = {
        contextLength: c.max_position_embeddings,
        embedNorm: NORM,
        positions: { to: "stream" },
      } as const;
      const encoder = tokenStack(name, c, "encoder", early, more);
      const decoder = tokenStack(name, c, "decoder", early, more);
      const part = (which: Which, spec: DecoderSpec) =>
        tokenPart(
          `${which}.`,
          spec,
          {
            ...namesOf(which, early),
            positions: `${which}.embed_positions`,
            positionOffset: 2,
            embedNorm: `${which}.layernorm_embedding`,
          },
          { d_mlp: c[`${which}_ffn_dim`] },
        );
      const head = { from: "lm_head.weight", tied: c.tie_word_embeddings };
      const tied = ties(head.from);
      return {
        weights: {
          ...embeddings(
            { ...part("encoder", encoder), ...part("decoder", decoder) },
            c.tie_word_embeddings ? "shared" : "apart",
          ),
          ...unembedding({
            tied,
            vocabulary: c.vocab_size,
            dModel: c.d_model,
            bias: "/final_logits_bias",
          }),
        },
        base: "model.",
        ignorable: IGNORABLE,
        program: ({ weights }) => encoderDecoderProgram({ encoder, decoder }, weights),
        vocabulary: c.vocab_size,
        head,
        stacks: [
          stackFacts("encoder", encoder, c.max_position_embeddings),
          stackFacts("decoder", decoder, c.max_position_embeddings),
        ],
      };
    },
    ENCODER_DECODER,
  );
}

export const bart = bartFamily("bart", 50265, false);
export const mbart = bartFamily("mbart", 50265, true);

/** Positions are computed; the two stacks share their embeddings, or have vocabularies of their own. */
export const marian = composedFamily(
  "marian",
  z.object({
    ...textKeys,
    vocab_size: z.int().positive().default(58101),
    decoder_vocab_size: z.int().positive().nullish(),
    share_encoder_decoder_embeddings: z.boolean().default(true),
  }),
  (c, { ties }) => {
    const shared = c.share_encoder_decoder_embeddings;
    const vocabulary = shared ? c.vocab_size : (c.decoder_vocab_size ?? c.vocab_size);
    const more = {
      contextLength: c.max_position_embeddings,
      positions: { to: "stream", table: "sinusoids" },
    } as const;
    const encoder = tokenStack("marian", c, "encoder", false, more);
    const decoder = tokenStack("marian", c, "decoder", false, { ...more, vocabulary });
    const part = (which: Which, spec: DecoderSpec) =>
      tokenPart(`${which}.`, spec, namesOf(which, false), { d_mlp: c[`${which}_ffn_dim`] });
    const head = { from: "lm_head.weight", tied: c.tie_word_embeddings };
    const tied = ties(head.from);
    return {
      weights: {
        ...embeddings(
          { ...part("encoder", encoder), ...part("decoder", decoder) },
          shared && c.tie_word_embeddings ? "shared" : "apart",
        ),
        ...unembedding({ tied, vocabulary, dModel: c.d_model, bias: "/final_logits_bias" }),
      },
      base: "model.",
      ignorable: [...IGNORABLE, /(^|\.)(encoder|decoder)\.embed_positions\.weight$/],
      program: ({ weights }) => encoderDecoderProgram({ encoder, decoder }, weights),
      vocabulary,
      head,
      stacks: [
        stackFacts("encoder", encoder, c.max_position_embeddings),
        stackFacts("decoder", decoder, c.max_position_embeddings),
      ],
    };
  },
  ENCODER_DECODER,
);

/** It hears: `features` in place of `encoder`; keys have no biases. */
export const whisper = composedFamily(
  "whisper",
  z.object({
    ...keys,
    vocab_size: z.int().positive().default(51865),
    d_model: z.int().positive().default(384),
    encoder_layers: z.int().positive().default(4),
    decoder_layers: z.int().positive().default(4),
    encoder_attention_heads: z.int().positive().default(6),
    decoder_attention_heads: z.int().positive().default(6),
    encoder_ffn_dim: z.int().positive().default(1536),
    decoder_ffn_dim: z.int().positive().default(1536),
    num_mel_bins: z.int().positive().default(80),
    max_source_positions: z.int().positive().default(1500),
    max_target_positions: z.int().positive().default(448),
    /** Augmentation in training. */
    apply_spec_augment: z.unknown().optional(),
    mask_time_prob: z.unknown().optional(),
    mask_time_length: z.unknown().optional(),
    mask_time_min_masks: z.unknown().optional(),
    mask_feature_prob: z.unknown().optional(),
    mask_feature_length: z.unknown().optional(),
    mask_feature_min_masks: z.unknown().optional(),
    median_filter_width: z.unknown().optional(),
  }),
  (c, { ties }) => {
    const positions = c.max_source_positions;
    const audio = { bins: c.num_mel_bins, positions };
    const encoder = { ...stackOf(c, "encoder", true), audio };
    const decoder = tokenStack("whisper", c, "decoder", true, {
      contextLength: c.max_target_positions,
      positions: { to: "stream" },
      embedMultiplier: 1,
    });
    const biases = { qkv: "q and v", o: true, mlp: true, norms: true } as const;
    const sizes = { d_mlp: c.encoder_ffn_dim, mel_bin: c.num_mel_bins, d_in: c.d_model };
    const head = { from: "proj_out.weight", tied: c.tie_word_embeddings };
    const tied = ties(head.from);
    return {
      weights: {
        ...stackPart(
          "encoder.",
          encoder,
          { ...namesOf("encoder", true), biases },
          { ...sizes, tap: 3, position: positions },
          AUDIO_WEIGHTS,
        ),
        ...tokenPart(
          "decoder.",
          decoder,
          { ...namesOf("decoder", true), positions: "decoder.embed_positions", biases },
          { d_mlp: c.decoder_ffn_dim },
        ),
        ...unembedding({
          tied,
          vocabulary: c.vocab_size,
          dModel: c.d_model,
          from: "/proj_out.weight",
        }),
      },
      base: "model.",
      ignorable: IGNORABLE,
      program: ({ weights }) => encoderDecoderProgram({ encoder, decoder }, weights),
      vocabulary: c.vocab_size,
      head,
      stacks: [
        stackFacts("encoder", encoder, positions),
        stackFacts("decoder", decoder, c.max_target_positions),
      ],
    };
  },
  ENCODER_DECODER,
);
