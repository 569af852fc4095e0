/**
 * @file The attention scores of `score`: one row for each. All else that names them derives from this table: weight tables,
 * ideal heads, conventions, the Result, tables and pictures. CONTRIBUTING.md says how to add one.
 */
import type { Repeats } from "./repeats.ts";

/** A score on `[BOS] r r` with period S: the mean of A[q, key(q)] over q in the second copy. */
export interface ScoreRow {
  readonly title: string;
  /** At most 4 characters, for narrow tables. */
  readonly short: string;
  /** A sign for maps of heads. */
  readonly sign: string;
  /** A head that does this and nothing else, with its article. */
  readonly headWords: string;
  /** What such a head does: "This head ...". */
  readonly does: string;
  /** key(q) with indices, S the period. */
  readonly key: string;
  readonly keyOf: (query: number, repeats: Repeats) => number;
  /** Whether there is such a key only where a token has an earlier copy; elsewhere the ideal head rests on the first token. */
  readonly needsRepeat: boolean;
}

/** In the order of the measure axis and of the Result. */
export const SCORE_TABLE = {
  /** The token after the earlier copy of the current token. */
  induction: {
    title: "induction",
    short: "ind",
    sign: "◆",
    headWords: "an induction head",
    does: "looks for the last time the current token appeared and attends to what came next",
    key: "q - S + 1",
    keyOf: (query, { period }) => query - period + 1,
    needsRepeat: true,
  },
  /** The token before. */
  previousToken: {
    title: "previous token",
    short: "prev",
    sign: "◀",
    headWords: "a previous-token head",
    does: "attends to the token just before",
    key: "q - 1",
    keyOf: (query) => query - 1,
    needsRepeat: false,
  },
  /** The earlier copy of the current token. */
  duplicateToken: {
    title: "duplicate token",
    short: "dup",
    sign: "●",
    headWords: "a duplicate-token head",
    does: "attends to the last copy of the current token",
    key: "q - S",
    keyOf: (query, { period }) => query - period,
    needsRepeat: true,
  },
  /** The first token of the sequence, BOS where there is one. */
  firstToken: {
    title: "first token",
    short: "1st",
    sign: "▲",
    headWords: "a head that rests on the first token",
    does: "rests on the first token",
    key: "0",
    keyOf: () => 0,
    needsRepeat: false,
  },
  /** The current token itself. */
  currentToken: {
    title: "current token",
    short: "cur",
    sign: "■",
    headWords: "a current-token head",
    does: "attends to the token it stands on",
    key: "q",
    keyOf: (query) => query,
    needsRepeat: false,
  },
} as const satisfies Record<string, ScoreRow>;
