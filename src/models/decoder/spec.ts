/**
 * @file What a decoder is made of, as data: `decoder.ts` turns it and the weights into a Program. Weights that a model may
 * or may not have (biases) are not named here: the weight map says whether they are there.
 */
import type { ActivationName } from "../config/activation.ts";
import type { Rope } from "../config/rope.ts";

export interface NormSpec {
  /** LN: layer norm; RMS: root mean square norm (nothing is subtracted). */
  readonly kind: "LN" | "RMS";
  readonly eps: number;
  /** What the weight `w` stands for: the gain itself (default), or the gain less 1 (Gemma, Nemotron). */
  readonly gain?: "w" | "1 + w";
}

/** Norms of queries and keys. */
export interface QueryKeyNorm extends NormSpec {
  /** head: one gain for all heads; all heads: one norm over all of them together; each head: a gain for each head. */
  readonly over: "head" | "all heads" | "each head";
  /** Left out: before the rotation (and the bounds of `clip`). */
  readonly place?: "after rotation";
}

export interface RotarySpec {
  /** Layers that share a table share this object. */
  readonly rope: Rope;
  /** Pairs are (2i, 2i + 1); else (i, i + n). */
  readonly interleaved: boolean;
}

/** Attention with linear biases (Press et al. 2022): slope (key - query) is added to each score. */
export interface AlibiSpec {
  /** By head. */
  readonly slopes: readonly number[];
  /** Slopes, and slope x key, are rounded to 16 bits as Falcon does, and then multiplied by this. */
  readonly rounded?: number;
}

/** A factor of each query by its position: 1 + scale ln(1 + floor((position + first) / floor)) (Nakanishi 2025, arXiv:2501.19399). */
export interface TemperatureSpec {
  /** What the first position counts as: 1 (Llama 4) or 0 (Ministral 3). */
  readonly first: number;
  readonly floor: number;
  readonly scale: number;
}

/** DeepSeek's attention: keys and values (and queries) come from a low-rank vector, a part of each key is rotated. */
export interface LatentSpec {
  /** Null: queries are projected as usual. */
  readonly queryRank: number | null;
  readonly keyRank: number;
  /** Entries of a query and key that are rotated, the last ones. The key's are the same for all heads. */
  readonly rotated: number;
  /** Of the norms of the low-rank vectors. */
  readonly eps: number;
}

/** T5 (Raffel et al. 2020, arXiv:1910.10683): small distances have a bucket each, larger ones share them by their logarithm. */
export interface RelativeSpec {
  readonly buckets: number;
  /** Distances from here on share the last bucket. */
  readonly maxDistance: number;
}

export interface AttentionSpec {
  readonly heads: number;
  /** Heads of keys and values; query head h reads floor(h kvHeads / heads). */
  readonly kvHeads: number;
  readonly dHead: number;
  /** Entries of a value, where they are not those of a key. */
  readonly dValue?: number;
  /** What q k is multiplied by. */
  readonly scale: number;
  /** causal: keys up to the query (left out); none: keys before and after it. */
  readonly mask?: "causal" | "none";
  /** Keys that a query sees, itself included; left out or null: all up to it. */
  readonly window?: number | null;
  /** Positions are cut into parts of this many; a query sees keys of its own part alone (Llama 4). Not with `alibi`. */
  readonly chunk?: number | null;
  /** With mask none: how far from the query a key may be, before or after it; left out or null: anywhere. */
  readonly reach?: number | null;
  /** A learned bias by distance, the same in all layers (T5). */
  readonly relative?: RelativeSpec | null;
  readonly rotary?: RotarySpec | null;
  readonly alibi?: AlibiSpec | null;
  readonly norm?: QueryKeyNorm | null;
  readonly temperature?: TemperatureSpec | null;
  /** Queries, keys and values (after their norms) are kept within plus and minus this (OLMo, MPT). */
  readonly clip?: number | null;
  /** Scores become c tanh(score / c) (Gemma 2). */
  readonly softcap?: number | null;
  /** Each head has one more score that no key is behind: its share is `attn.hook_sink`. */
  readonly sinks?: boolean;
  readonly latent?: LatentSpec | null;
  /** Each head mixes every key with the one before it (Olsson et al. 2022). */
  readonly smearedKeys?: boolean;
}

interface ScanSpec {
  /** What a state-space layer has in place of attention heads: its units, of which each has a pattern of its own. */
  readonly heads: number;
  /** Entries of what a unit carries on. */
  readonly dHead: number;
  /** Numbers that the state of an entry has. */
  readonly states: number;
  /** Positions that the convolution before the scan sees, the current one included. */
  readonly taps: number;
  /** After the convolution. */
  readonly act: ActivationName;
}

/** Mamba's mixer (Gu and Dao 2023, arXiv:2312.00752): each channel is a unit, and each of its states decays at its own rate. */
export interface ChannelScanSpec extends ScanSpec {
  readonly kind: "channels";
  /** Width from which time steps are projected. */
  readonly rank: number;
  /** Norms of the time steps before their projection, B and C (Falcon-Mamba's without gains, Jamba's with them). */
  readonly norm?: NormSpec | null;
}

/** Mamba-2's mixer (Dao and Gu 2024, arXiv:2405.21060): heads of several channels, one rate for each head. */
export interface HeadScanSpec extends ScanSpec {
  readonly kind: "heads";
  /** B and C are shared by heads / groups heads. */
  readonly groups: number;
  /** Bounds of time steps. */
  readonly limits: readonly [low: number, high: number];
  /** The norm after the gate, over each of `groups` parts. */
  readonly norm: NormSpec;
}

/** A selective scan in place of attention. */
export type SsmSpec = ChannelScanSpec | HeadScanSpec;

/** W_out act(W_in x), or, where the weight map has W_gate, W_out (act(W_gate x) * W_in x). */
export interface MlpSpec {
  /** xielu: with weights of its own in each layer (Apertus), without a gate. */
  readonly act: ActivationName | "xielu";
  /** gpt_oss: the gate at most `limit`, the linear part within it and 1 added, x sigmoid(alpha x) for the activation. */
  readonly clamped?: { readonly limit: number; readonly alpha: number } | null;
}

export interface RouterSpec {
  /** Of each expert alone, or over all, or over those that were chosen. */
  readonly scores: "sigmoid" | "softmax" | "softmax of the chosen";
  /** The weights of the chosen are divided by their sum (plus `eps`). */
  readonly normalised?: { readonly eps: number } | null;
  /** What weights multiply: what experts give (left out), or what they read (Llama 4). */
  readonly weighs?: "inputs";
  /** Then multiplied by this. */
  readonly factor?: number;
  /** Experts in equal groups: only `topGroups` groups, by the sum of their `best` largest scores, are chosen from. */
  readonly groups?: {
    readonly count: number;
    readonly topGroups: number;
    readonly best: number;
  } | null;
}

export interface ExpertsSpec extends MlpSpec {
  readonly act: ActivationName;
  readonly experts: number;
  /** Experts that a token goes to. */
  readonly perToken: number;
  readonly router: RouterSpec;
  /** An MLP for every token beside them, as it is or times a learned sigmoid of x. */
  readonly shared?: "plain" | "gated" | null;
}

export interface BlockSpec {
  /** Null: a state-space layer. */
  readonly attention: AttentionSpec | null;
  /** Set where `attention` is null. */
  readonly ssm?: SsmSpec | null;
  /** False: attention reads the stream as it is, although the other blocks have a norm there (ModernBERT's first). */
  readonly attentionNorm?: boolean;
  /** Attention to what an encoder gives, between attention and MLP. */
  readonly cross?: AttentionSpec | null;
  /** Null: attention (or a scan) alone. */
  readonly mlp: MlpSpec | ExpertsSpec | null;
}

export interface ResidualSpec {
  /**
   * before: x + f(norm(x)); after: x + norm(f(x)) (OLMo 2); around: x + norm(f(norm(x))) (Gemma 2);
   * stream: norm(x + f(x)), the norm of the stream itself (OPT-350m).
   */
  readonly norms: "before" | "after" | "around" | "stream";
  /** Attention and MLP side by side: both read the same norm, or each its own. Left out: one after the other. */
  readonly parallel?: "one norm" | "two norms" | null;
  /** What each part writes is multiplied by this (Granite). */
  readonly multiplier?: number;
  /** What is written is added to the norm's output in place of the stream (BLOOM's option). */
  readonly fromNorm?: boolean;
}

export interface PositionsSpec {
  /** Added to the stream, or to what queries and keys read (shortformer). */
  readonly to: "stream" | "queries and keys";
  /** sinusoids: computed, sines in the first half and cosines in the second (Marian). Left out: learned. */
  readonly table?: "learned" | "sinusoids";
}

/** Between the last norm and the unembedding: norm(act(x W + b)) (BERT). */
export interface HeadSpec {
  readonly act: ActivationName;
  readonly norm: NormSpec;
}

/** Blocks on a residual stream, whatever it begins with. */
export interface StackSpec {
  readonly dModel: number;
  readonly blocks: readonly BlockSpec[];
  /** The norms of the blocks; null: none anywhere. */
  readonly norm: NormSpec | null;
  /** Left out: as the blocks'; null: none. */
  readonly finalNorm?: NormSpec | null;
  readonly residual: ResidualSpec;
}

/** A stack that reads token ids: a decoder, or an encoder, whose attention has no mask. */
export interface DecoderSpec extends StackSpec {
  readonly family: string;
  readonly vocabulary: number;
  readonly contextLength: number;
  /** An id that has no position, so that rows may not have it (RoBERTa's padding). */
  readonly padding?: number;
  /** Embeddings are multiplied by this. */
  readonly embedMultiplier?: number;
  /** A norm of the embeddings (BLOOM). */
  readonly embedNorm?: NormSpec | null;
  /** Kinds of tokens, each with a vector that is added to the embedding: which of two texts a token is of (BERT). */
  readonly tokenTypes?: number;
  /** Learned positions. */
  readonly positions?: PositionsSpec | null;
  readonly head?: HeadSpec | null;
  /** Logits are multiplied by this. */
  readonly logitMultiplier?: number;
  /** Logits become c tanh(logit / c). */
  readonly logitSoftcap?: number | null;
}

/** What the mask of a layer depends on. */
export type MaskSpec = Pick<
  AttentionSpec,
  "heads" | "mask" | "window" | "chunk" | "reach" | "alibi" | "relative"
>;

/** The attention of every layer that has it. */
export function attentionsOf({ blocks }: Pick<DecoderSpec, "blocks">): AttentionSpec[] {
  return blocks.flatMap(({ attention }) => attention ?? []);
}

/** Heads and sizes of attention, or of scans where no layer has attention. */
export function unitsOf({ blocks }: Pick<DecoderSpec, "blocks">): {
  readonly heads: number;
  readonly kvHeads: number;
  readonly dHead: number;
  readonly dValue: number;
} {
  const [attention] = attentionsOf({ blocks });
  if (attention) return { ...attention, dValue: attention.dValue ?? attention.dHead };
  const { heads, dHead } = blocks[0]!.ssm!;
  return { heads, kvHeads: heads, dHead, dValue: dHead };
}

/** Whether a part of a block has experts. */
export function hasExperts(mlp: BlockSpec["mlp"]): mlp is ExpertsSpec {
  return mlp !== null && "experts" in mlp;
}
