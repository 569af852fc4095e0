import type { Tensor } from "../base/tensor.ts";
import { secondCopy, type Repeats } from "./repeats.ts";
import { SCORE_TABLE, type ScoreRow } from "./scoreTable.ts";
import { queryMeanTable, stackTables } from "./weightTable.ts";

export type AttentionScore = keyof typeof SCORE_TABLE;

/** Names of the attention scores, in the order of the measure axis. */
export const ATTENTION_SCORES = Object.keys(SCORE_TABLE) as readonly AttentionScore[];

/** A record with what `valueOf` gives for each score; `measure` is its place on the measure axis. */
export function forEachScore<Value>(
  valueOf: (name: AttentionScore, measure: number) => Value,
): Record<AttentionScore, Value> {
  const entries = ATTENTION_SCORES.map((name, measure) => [name, valueOf(name, measure)]);
  return Object.fromEntries(entries) as Record<AttentionScore, Value>;
}

/** The row of a score in the table. */
export function scoreRow(score: AttentionScore): ScoreRow {
  return SCORE_TABLE[score];
}

/**
 * The weight tables of the attention scores.
 *
 * All read the same rows, the second copy: with S = period, score = (1 / S) * sum over q = start + S ... start + 2S - 1
 * of A[q, key(q)], where key(q) is q - S + 1 (induction), q - 1 (previousToken), q - S (duplicateToken), 0 (firstToken)
 * or q (currentToken).
 *
 * Without BOS (start 0) the first duplicateToken entry, q = S, is a firstToken entry too: the ideal head of either then
 * scores 1 / S in the other. With S = 2 the induction entries are the previous-token entries, so those two scores
 * are then equal for every head.
 *
 * @returns weights, axes [measure, query, key], measures in the order of {@link ATTENTION_SCORES}; 1 / S at every entry,
 *   so scores lie between 0 and 1 and the ideal head of each score has exactly 1. Uniform causal attention scores the
 *   mean of 1 / (q + 1) over those rows in all of them (see uniformScores).
 * @throws {InputError} "range" unless start >= 0, period >= 2 and length >= start + 2 * period
 * @see TransformerLens' and ARENA's `pattern.diagonal(1 - S)`, which takes one or two rows more that are not induction:
 *   a perfect head on [BOS, r, r] has .98 there and a head that rests on BOS .02
 */
export function attentionTables(repeats: Repeats): Tensor {
  const queries = secondCopy("attentionTables", repeats);
  return stackTables(
    ATTENTION_SCORES.map((score) =>
      queryMeanTable(repeats.length, queries, (query) => [scoreRow(score).keyOf(query, repeats)]),
    ),
  );
}
