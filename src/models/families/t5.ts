/** @file T5 and mT5: an encoder-decoder whose positions are biases by distance, with RMS norms and no biases. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { activationName } from "../config/activation.ts";
import { composedFamily, stackFacts } from "../composed/composedFamily.ts";
import { encoderDecoderProgram } from "../composed/encoderDecoder.ts";
import { embeddings, ENCODER_DECODER, unembedding } from "../composed/unembedding.ts";
import { tokenPart } from "../composed/partMap.ts";
import type { AttentionSpec, DecoderSpec } from "../decoder/spec.ts";
import type { ModuleNames } from "../names/moduleNames.ts";
import { blocksOf } from "./row.ts";

const schema = z.object({
  vocab_size: z.int().positive().default(32128),
  d_model: z.int().positive().default(512),
  d_kv: z.int().positive().default(64),
  d_ff: z.int().positive().default(2048),
  num_layers: z.int().positive().default(6),
  num_decoder_layers: z.int().positive().nullish(),
  num_heads: z.int().positive().default(8),
  relative_attention_num_buckets: z.int().positive().default(32),
  relative_attention_max_distance: z.int().positive().default(128),
  layer_norm_epsilon: z.number().positive().default(1e-6),
  feed_forward_proj: z.string().default("relu"),
  tie_word_embeddings: z.boolean().default(true),
  scale_decoder_outputs: z.boolean().nullish(),
  /** Of how long texts were in training; positions have no end. */
  n_positions: z.int().positive().default(512),
  /** Follow from feed_forward_proj. */
  dense_act_fn: z.unknown().optional(),
  is_gated_act: z.unknown().optional(),
});

type Keys = z.infer<typeof schema>;

export const t5 = t5Family("t5", schema);

/** mT5 says its embeddings are not tied, and its files have an unembedding. */
export const mt5 = t5Family(
  "mt5",
  schema.extend({
    vocab_size: z.int().positive().default(250112),
    d_ff: z.int().positive().default(1024),
    num_layers: z.int().positive().default(8),
    num_heads: z.int().positive().default(6),
    feed_forward_proj: z.string().default("gated-gelu"),
  }),
);

function t5Family(name: string, keys: typeof schema) {
  return composedFamily(
    name,
    keys,
    (c, { ties }) => {
      const encoder = stackOf(name, c, c.num_layers, false);
      const decoder = stackOf(name, c, c.num_decoder_layers ?? c.num_layers, true);
      const scaled = name === "t5" && (c.scale_decoder_outputs ?? c.tie_word_embeddings);
      const spec = {
        encoder,
        decoder: { ...decoder, logitMultiplier: scaled ? c.d_model ** -0.5 : 1 },
        endless: true,
      };
      const sizes = { d_mlp: c.d_ff };
      const head = { from: "lm_head.weight", tied: c.tie_word_embeddings };
      const tied = ties(head.from);
      const both = {
        ...tokenPart("encoder.", encoder, namesOf(c, false), sizes),
        ...tokenPart("decoder.", decoder, namesOf(c, true), sizes),
      };
      return {
        weights: {
          ...embeddings(both, "shared"),
          ...unembedding({ tied, vocabulary: c.vocab_size, dModel: c.d_model }),
        },
        ignorable: [
          /(^|\.)(encoder|decoder)\.embed_tokens\.weight$/,
          /(^|\.)lm_head\.weight$/,
          UNUSED_BIAS,
        ],
        program: ({ weights: bound }) => encoderDecoderProgram(spec, bound),
        vocabulary: c.vocab_size,
        head,
        stacks: [
          stackFacts("encoder", encoder, c.n_positions),
          stackFacts("decoder", decoder, c.n_positions),
        ],
      };
    },
    ENCODER_DECODER,
  );
}

/** Old files have a table of biases for cross attention, which nothing reads. */
const UNUSED_BIAS =
  /(^|\.)decoder\.block\.0\.layer\.1\.EncDecAttention\.relative_attention_bias\.weight$/;

function stackOf(family: string, c: Keys, layers: number, isDecoder: boolean): DecoderSpec {
  const plain = { heads: c.num_heads, kvHeads: c.num_heads, dHead: c.d_kv, scale: 1 } as const;
  const cross: AttentionSpec = { ...plain, mask: "none" };
  const attention: AttentionSpec = {
    ...plain,
    mask: isDecoder ? "causal" : "none",
    relative: {
      buckets: c.relative_attention_num_buckets,
      maxDistance: c.relative_attention_max_distance,
    },
  };
  const blocks = blocksOf(layers, attention, { act: feedForward(c).act });
  return {
    family,
    dModel: c.d_model,
    vocabulary: c.vocab_size,
    contextLength: c.n_positions,
    blocks: isDecoder ? blocks.map((block) => ({ ...block, cross })) : blocks,
    norm: { kind: "RMS", eps: c.layer_norm_epsilon },
    residual: { norms: "before" },
  };
}

/** `relu`, `gated-gelu`: gated or not, and its activation; gated-gelu means the approximation by tanh. */
function feedForward({ feed_forward_proj: name }: Keys) {
  const [first, second] = name.split("-");
  const gated = first === "gated" && second !== undefined;
  const act = activationName.safeParse(name === "gated-gelu" ? "gelu_new" : gated ? second : name);
  if (act.success) return { gated, act: act.data };
  throw new InputError(
    "config",
    `feed_forward_proj must be an activation or gated- and one, got ${JSON.stringify(name)}`,
  );
}

function namesOf(c: Keys, isDecoder: boolean): ModuleNames {
  const stack = isDecoder ? "decoder" : "encoder";
  const last = isDecoder ? "layer.2" : "layer.1";
  const attention = (at: string) => ({ q: `${at}.q`, k: `${at}.k`, v: `${at}.v` });
  const dense = `${last}.DenseReluDense`;
  return {
    base: "",
    embed: "shared",
    layer: `${stack}.block.{layer}.`,
    ln1: "layer.0.layer_norm",
    ln2: "layer.1.layer_norm",
    ...(isDecoder && {
      ln3: "layer.2.layer_norm",
      cross: { attention: attention("layer.1.EncDecAttention"), o: "layer.1.EncDecAttention.o" },
    }),
    finalNorm: `${stack}.final_layer_norm`,
    attention: attention("layer.0.SelfAttention"),
    o: "layer.0.SelfAttention.o",
    relative: `${stack}.block.0.layer.0.SelfAttention.relative_attention_bias`,
    mlp: feedForward(c).gated
      ? { gate: `${dense}.wi_0`, in: `${dense}.wi_1`, out: `${dense}.wo` }
      : { in: `${dense}.wi`, out: `${dense}.wo` },
    head: "/lm_head",
  };
}
