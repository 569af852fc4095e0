/** @file A two-layer attention-only transformer as plain numbers, and the family of sequences that is spoken about. */
import type { Exact } from "./balls.ts";
import type { Rotation } from "./rotation.ts";

/** (x - its mean, if `center`) / sqrt(mean of squares of that + eps) * gain + bias. */
export interface NormNumbers {
  readonly center: boolean;
  readonly eps: number;
  /** [entry]; null: 1 */
  readonly gain: ArrayLike<number> | null;
  /** [entry]; null: 0 */
  readonly bias: ArrayLike<number> | null;
}

/** One head; biases are single rows, null: none. */
export interface HeadNumbers {
  /** [d_model, d_head] */
  readonly query: Exact;
  readonly key: Exact;
  readonly value: Exact;
  /** [d_head, d_model] */
  readonly output: Exact;
  readonly queryBias: Exact | null;
  readonly keyBias: Exact | null;
  readonly valueBias: Exact | null;
}

export interface LayerNumbers {
  readonly norm: NormNumbers | null;
  readonly heads: readonly HeadNumbers[];
  /** [1, d_model]; null: none */
  readonly outputBias: Exact | null;
  /** score = scale * query . key */
  readonly scale: number;
  readonly rotation: Rotation | null;
}

export interface ModelNumbers {
  /** [token of the family, d_model]; the last row is BOS where there is one. */
  readonly embedding: Exact;
  /** [position, d_model]; null: none */
  readonly positions: Exact | null;
  /** Positions are added to the stream, or to what queries and keys read (shortformer). */
  readonly positionsIn: "stream" | "queries and keys";
  readonly layers: readonly [LayerNumbers, LayerNumbers];
  readonly finalNorm: NormNumbers | null;
  /** [d_model, d_vocab] */
  readonly unembedding: Exact;
  /** [1, d_vocab]; null: none */
  readonly unembeddingBias: Exact | null;
  /** Column of the unembedding that each token of the family has. */
  readonly outputs: readonly number[];
}

/** All sequences [BOS] r r in which r are `period` different tokens of `tokens`. */
export interface Family {
  /** How many tokens there are to draw from; the token after the last is BOS. */
  readonly tokens: number;
  readonly period: number;
  readonly bos: boolean;
}

export function lengthOf({ period, bos }: Family): number {
  return 2 * period + (bos ? 1 : 0);
}

/** First position of r. */
export function startOf({ bos }: Family): number {
  return bos ? 1 : 0;
}

/** All tokens of the family but this one, BOS not among them. */
export function tokensBut({ tokens }: Family, token: number): number[] {
  return Array.from({ length: tokens }, (_, each) => each).filter((each) => each !== token);
}

/** Tokens that may be at a position: BOS alone at the first one where there is BOS. */
export function tokensAt(family: Family, position: number): readonly [from: number, to: number] {
  return family.bos && position === 0 ? [family.tokens, family.tokens + 1] : [0, family.tokens];
}
