/**
 * @file Where the parts of a Program are, by the names of its values. Studies ask this, and none of them reads operations
 * itself, so a model that is built in another way is understood, or refused with a reason, in one place.
 */
import { InputError } from "../../base/errors.ts";
import type { Fill } from "../../graph/program.ts";

/** A part that this Program does not have in the form that studies work with, and why, as a sentence. */
export interface Missing {
  readonly missing: string;
}

export type Part<Known> = Known | Missing;

export function isMissing<Known extends object>(part: Part<Known>): part is Missing {
  return "missing" in part;
}

/** @throws {InputError} "study", with the reason, for a part that is missing */
export function requirePart<Known extends object>(part: Part<Known>): Known {
  if (isMissing(part)) throw new InputError("study", part.missing);
  return part;
}

/** A norm over the last axis: (input - its mean, if `center`) / scale * gain + bias. */
export interface NormAnatomy {
  readonly input: string;
  /** The value that it divides by; with this frozen the norm is linear. */
  readonly scale: string;
  readonly eps: number;
  readonly center: boolean;
  readonly gain: string | null;
  readonly bias: string | null;
  /** What it gives, gain and bias included. */
  readonly output: string;
}

/** Queries, keys or values as a product of the residual stream and a weight. */
export interface Projection {
  /** W_Q, W_K or W_V: [head or kv_head, d_model, d_head] in some order. */
  readonly weight: string;
  readonly bias: string | null;
  /** Between the stream and the product; null where the stream is read as it is. */
  readonly norm: NormAnatomy | null;
}

export interface HeadInput {
  /** `attn.hook_q`, `attn.hook_k` or `attn.hook_v`: what the projection gives; values within their bounds, where there are some. */
  readonly hook: string;
  readonly projection: Part<Projection>;
}

/** Queries or keys on their way to the scores. */
export interface TurnedInput extends HeadInput {
  /** The norm of their own; null where there is none. */
  readonly norm: NormAnatomy | null;
  /** Whether that norm is over all heads together (OLMo 2). */
  readonly normOverHeads: boolean;
  /** `attn.hook_rot_q` or `attn.hook_rot_k`; null where nothing is turned. */
  readonly rotated: string | null;
}

/** score = scale * query . key, before the soft cap and the mask. */
export interface ScoreProduct {
  /** As they are multiplied: [batch, query, head, d_head], where keys are shared [batch, query, kv_head, group, d_head]. */
  readonly queries: string;
  /** [batch, key, head or kv_head, d_head]. */
  readonly keys: string;
  readonly scale: number;
  /** Scales of norms between the stream and the product: with these frozen, queries and keys are linear in the stream. */
  readonly normScales: readonly string[];
  /** Values between them that are kept within bounds (OLMo): linear only with what is beyond the bounds frozen. */
  readonly clamps: readonly string[];
  /** Embedded positions that queries and keys read beside the stream (shortformer); else null. */
  readonly positions: string | null;
}

/** A mask with linear biases. */
export type AlibiFill = Extract<Fill, { readonly kind: "alibiMask" }>;

export interface ScoresAnatomy {
  readonly product: Part<ScoreProduct>;
  /** Scores become cap * tanh(score / cap); null where they do not. */
  readonly softcap: number | null;
  /** The product, before the cap and the mask: [batch, head, query, key]. */
  readonly uncapped: string;
  /** What the mask adds beside minus infinity: slopes by distance (ALiBi); null where it adds nothing. */
  readonly alibi: AlibiFill | null;
  /** Keys that a query sees, itself included; null: all up to it. */
  readonly window: number | null;
  /** Parts that positions are cut into, each of which sees itself alone; null where they are not. */
  readonly chunk: number | null;
  /** `attn.hook_attn_scores`: after the cap, masked. */
  readonly masked: string;
}

/** What a part's output goes through before it is added to the stream. */
export interface Passage {
  /** A norm of the output (Gemma 2, OLMo 2); null where there is none. */
  readonly norm: NormAnatomy | null;
  /** Then multiplied by this (Granite). */
  readonly factor: number;
  /** The value that is added. */
  readonly added: string;
}

/** hook_attn_out = z W_O + bias, over heads and d_head. */
export interface OutputProjection {
  readonly weight: string;
  readonly bias: string | null;
}

/**
 * A state-space layer: hook_attn_out = norm(gate * (z + skip)) W_out + bias. Its `pattern` is shares that nothing reads; queries,
 * keys and scores are missing.
 */
export interface ScanAnatomy {
  /** [batch, position, channel], after its activation. */
  readonly gate: string;
  /** The norm after the gate, over equal parts of the channels; null where there is none. */
  readonly norm: NormAnatomy | null;
  /** W_out: [d_model, channel]. */
  readonly weight: string;
  /** W_conv of the causal convolution: [channel, tap], the last tap for the current token. */
  readonly convolution: string;
}

export interface AttentionAnatomy {
  /** Null: attention. */
  readonly scan: ScanAnatomy | null;
  /** The norm of the stream that queries read through; null where there is none. */
  readonly norm: NormAnatomy | null;
  readonly queries: TurnedInput;
  readonly keys: TurnedInput;
  readonly values: HeadInput;
  readonly scores: ScoresAnatomy;
  readonly pattern: string;
  /** `attn.hook_sink`, the share that goes to no key; null where there are no sinks. */
  readonly sink: string | null;
  /** [batch, position, head, d_head]. */
  readonly z: string;
  /** `hook_attn_out`. */
  readonly output: string;
  readonly projection: Part<OutputProjection>;
  /** From `output` to the stream. */
  readonly passage: Part<Passage>;
}

export interface MlpAnatomy {
  /** The stream that it reads, before its norm. */
  readonly reads: string;
  /** `hook_mlp_out`. */
  readonly output: string;
  readonly passage: Part<Passage>;
}

/** A term of the residual stream. */
export interface Summand {
  /** The value that is added. */
  readonly value: string;
  /** What it is; "rest": the stream itself, normalised on the way, or what nobody has a name for. */
  readonly of:
    | { readonly kind: "embedding" | "position" | "rest" }
    | { readonly kind: "attention" | "mlp"; readonly layer: number };
  /** From the part's own output to the value. */
  readonly passage: Passage;
}

export interface LayerAnatomy {
  readonly layer: number;
  /** The residual stream before the layer, between attention and MLP, and after it; `mid` is null where they stand side by side. */
  readonly pre: string;
  readonly mid: string | null;
  readonly post: string;
  /** What `pre` is the sum of, in the order in which it is made. */
  readonly summands: readonly Summand[];
  readonly attention: AttentionAnatomy;
  readonly mlp: MlpAnatomy | null;
}

/** logits = scale * x W_U + bias, of the normed end of the stream. */
export interface Unembedding {
  /** x: the end of the stream after its norm. */
  readonly input: string;
  /** W_U, or W_E where they are tied. */
  readonly weight: string;
  readonly bias: string | null;
  readonly scale: number;
  /** The value before a soft cap; `logits` where there is none. */
  readonly uncapped: string;
  readonly softcap: number | null;
}

export interface EndAnatomy {
  /** The end of the residual stream. */
  readonly stream: string;
  readonly summands: readonly Summand[];
  /** Null where there is no final norm. */
  readonly norm: NormAnatomy | null;
  readonly unembedding: Unembedding;
}

export interface ProgramAnatomy {
  readonly layers: readonly LayerAnatomy[];
  /** The value `logits`, however it is made. */
  readonly logits: Part<{ readonly value: string }>;
  readonly end: Part<EndAnatomy>;
}
