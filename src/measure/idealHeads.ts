import { tensor, type Tensor } from "../base/tensor.ts";
import { ATTENTION_SCORES, scoreRow, type AttentionScore } from "./attentionTables.ts";
import { checkRepeats, type Repeats } from "./repeats.ts";

/** Heads that do one thing and nothing else, one for each score, and `uniform`, which attends to all alike. */
export type IdealHead = AttentionScore | "uniform";

/** Names of the ideal heads, in the order of the head axis of {@link idealHeads}: first those that see repeats. */
export const IDEAL_HEADS: readonly IdealHead[] = [
  ...ATTENTION_SCORES.filter((score) => scoreRow(score).needsRepeat),
  ...ATTENTION_SCORES.filter((score) => !scoreRow(score).needsRepeat),
  "uniform",
];

/**
 * The attention of heads that do exactly one thing on `[BOS] r r ...`: what every convention is checked against.
 *
 * With S = period and q in the second copy or a later one: induction A[q, q - S + 1] = 1, duplicateToken A[q, q - S] = 1; both rest on
 * position 0 elsewhere. previousToken A[q, q - 1] = 1 (0 for q = 0), firstToken A[q, 0] = 1, currentToken A[q, q] = 1,
 * uniform A[q, k] = 1 / (q + 1) for k <= q.
 *
 * @returns attention weights, axes [head, query, key], heads in the order of {@link IDEAL_HEADS}; rows sum to 1
 * @throws {InputError} "range" unless start >= 0, period >= 2 and length >= start + 2 * period
 */
export function idealHeads(repeats: Repeats): Tensor {
  checkRepeats("idealHeads", repeats);
  const { length } = repeats;
  const data = new Float32Array(IDEAL_HEADS.length * length * length);
  IDEAL_HEADS.forEach((name, head) => {
    for (let query = 0; query < length; query++) {
      const row = (head * length + query) * length;
      if (name === "uniform") data.fill(1 / (query + 1), row, row + query + 1);
      else data[row + keyOf(name, query, repeats)] = 1;
    }
  });
  return tensor(["head", "query", "key"], [IDEAL_HEADS.length, length, length], data);
}

/** The one key that the ideal head of a score attends to; where the score has none, the head rests on the first token. */
function keyOf(score: AttentionScore, query: number, repeats: Repeats): number {
  const row = scoreRow(score);
  const repeated = query >= repeats.start + repeats.period;
  return row.needsRepeat && !repeated ? 0 : Math.max(0, row.keyOf(query, repeats));
}
