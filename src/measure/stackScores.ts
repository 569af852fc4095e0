/**
 * @file Attention scores of stacks other than decoders: of an encoder, whose queries see both copies of a block, and of
 * cross-attention, where a decoder writes what the encoder reads. Each is a weight table like those of `attentionTables`.
 */
import { InputError } from "../base/errors.ts";
import type { Tensor } from "../base/tensor.ts";
import { attentionTables } from "./attentionTables.ts";
import { checkRepeats, type Repeats } from "./repeats.ts";
import { SCORE_TABLE } from "./scoreTable.ts";
import { entryMeanTable, stackTables } from "./weightTable.ts";

/**
 * Which way attention looks. back: queries of the second copy, as in a decoder, but keys on both sides; ahead: queries of the
 * first copy, whose other copy comes later; causal: a decoder's own five scores; across: from a decoder to its encoder.
 */
export type Direction = "back" | "ahead" | "causal" | "across";

/** What one score reads. */
export interface StackScore {
  readonly title: string;
  /** The key in words. */
  readonly key: string;
}

/** Where the block stands in what encoder and decoder read: `lead r end` and `start r`. */
export interface Crossing {
  /** Tokens of the block. */
  readonly period: number;
  /** Place of the block's first token in the encoder's row. */
  readonly lead: number;
  /** Tokens in the encoder's row. */
  readonly source: number;
  /** Tokens in the decoder's row: one that starts it, then the block. */
  readonly length: number;
}

type SelfKey = (query: number, other: number) => number;
const SELF = {
  induction: {
    title: "induction",
    key: "the token after the other copy of the current token",
    keyOf: (_: number, other: number) => other + 1,
  },
  mirrored: {
    title: "mirrored induction",
    key: "the token before the other copy of the current token",
    keyOf: (_: number, other: number) => other - 1,
  },
  duplicateToken: {
    title: "duplicate token",
    key: "the other copy of the current token",
    keyOf: (_: number, other: number) => other,
  },
  previousToken: {
    title: "previous token",
    key: "the token before",
    keyOf: (query: number) => query - 1,
  },
  nextToken: { title: "next token", key: "the token after", keyOf: (query: number) => query + 1 },
  firstToken: { title: "first token", key: "the first of the row", keyOf: () => 0 },
  currentToken: {
    title: "current token",
    key: "the token itself",
    keyOf: (query: number) => query,
  },
} as const satisfies Record<string, StackScore & { readonly keyOf: SelfKey }>;

/** Keys by the place of the token that is to be written next, counted from 0 in the block. */
const CROSS = {
  alignment: {
    title: "alignment",
    key: "in the encoder, the token that is to be written next",
    keyOf: (next: number, { lead }: Crossing) => lead + next,
  },
  currentToken: {
    title: "current token",
    key: "in the encoder, the token that was written last",
    keyOf: (next: number, { lead }: Crossing) => lead + next - 1,
  },
  previousToken: {
    title: "previous token",
    key: "in the encoder, the token before the one that was written last",
    keyOf: (next: number, { lead }: Crossing) => lead + next - 2,
  },
  firstToken: {
    title: "first token",
    key: "the first of the encoder's row",
    keyOf: () => 0,
  },
  lastToken: {
    title: "last token",
    key: "the last of the encoder's row",
    keyOf: (_: number, { source }: Crossing) => source - 1,
  },
} as const;

/** The scores of a direction, in the order of the measure axis: the first is the one that means induction there. */
export function stackScores(direction: Direction): readonly (StackScore & { name: string })[] {
  const table = direction === "causal" ? SCORE_TABLE : direction === "across" ? CROSS : SELF;
  return Object.entries(table).map(([name, { title, key }]) => ({ name, title, key }));
}

/**
 * The weight tables of an encoder's self-attention on `[BOS] r r`, with `[EOS]` behind it in encoder-decoders, in one direction.
 *
 * With S = period and i from 1 to S - 2, q = start + S + i and the other copy q - S (back), or q = start + i and the other copy
 * q + S (ahead): score = 1 / (S - 2) sum over i of A[q, key(q)], key(q) the other copy + 1 (induction), the other copy - 1
 * (mirrored), the other copy (duplicateToken), q - 1, q + 1, 0 or q. Tokens at the ends of a copy are not queries, since the
 * neighbours of their other copy lie outside of it.
 *
 * With S = 3 and back, the induction key is q - 2 and none coincides with another. Without BOS the duplicateToken and mirrored
 * entries of back at q = S + 1 can be the firstToken entry: the ideal head of either then scores 1 / (S - 2) in the other.
 *
 * @returns weights, axes [measure, query, key], measures as in {@link stackScores}; scores lie between 0 and 1, the ideal head of
 *   each has exactly 1, and attention that sees all T tokens alike has 1 / T in all of them
 * @throws {InputError} "range" unless start >= 0, period >= 3 and length >= start + 2 * period
 */
export function bothWaysTables(repeats: Repeats, direction: "back" | "ahead"): Tensor {
  checkRepeats("bothWaysTables", repeats);
  const { start, period, length } = repeats;
  if (period < 3)
    throw new InputError("range", `bothWaysTables needs a period of at least 3, got ${period}`);
  const first = start + (direction === "back" ? period : 0);
  const toOther = direction === "back" ? -period : period;
  const queries = Array.from({ length: period - 2 }, (_, index) => first + 1 + index);
  return stackTables(
    Object.values(SELF).map(({ keyOf }: { readonly keyOf: SelfKey }) =>
      entryMeanTable(
        length,
        queries.map((query) => ({ query, key: keyOf(query, query + toOther) })),
      ),
    ),
  );
}

/**
 * The weight tables of cross-attention, where the decoder is made to write the block that the encoder reads.
 *
 * The decoder's row is `start r`: at query n, from 2 to S - 1, r[n - 1] was written last and r[n] comes next. score = 1 / (S - 2)
 * sum over n of A[n, key(n)], key(n) = lead + n (alignment), lead + n - 1 (currentToken), lead + n - 2 (previousToken), 0 or the
 * last of the encoder's row.
 *
 * Where the encoder's row has nothing before or after the block, firstToken and lastToken share an entry with previousToken and
 * alignment: the ideal head of either then scores 1 / (S - 2) in the other.
 *
 * @returns weights, axes [measure, query, key]; attention that sees all tokens of the encoder alike has 1 / source in all of them
 * @throws {InputError} "range" unless period >= 3 and both rows have room for the block
 */
export function crossTables(crossing: Crossing): Tensor {
  const { period, lead, source, length } = crossing;
  if (!(period >= 3 && lead >= 0 && source >= lead + period && length >= period + 1))
    throw new InputError(
      "range",
      `crossTables needs period >= 3, source >= lead + period and length >= period + 1, got period ${period}, lead ${lead}, source ${source} and length ${length}`,
    );
  const queries = Array.from({ length: period - 2 }, (_, index) => index + 2);
  return stackTables(
    Object.values(CROSS).map(
      ({ keyOf }: { readonly keyOf: (next: number, crossing: Crossing) => number }) =>
        entryMeanTable(
          { queries: length, keys: source },
          queries.map((next) => ({ query: next, key: keyOf(next, crossing) })),
        ),
    ),
  );
}

/** The tables of self-attention in any direction. */
export function selfTables(repeats: Repeats, direction: Exclude<Direction, "across">): Tensor {
  return direction === "causal" ? attentionTables(repeats) : bothWaysTables(repeats, direction);
}
