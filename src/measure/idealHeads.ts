import { tensor, type Tensor } from "../base/tensor.ts";
import { checkRepeats, type Repeats } from "./repeats.ts";

type AttentionOf = (query: number, repeats: Repeats) => ReadonlyMap<number, number>;

const all = (key: number) => new Map([[key, 1]]);
const repeated = (query: number, { start, period }: Repeats) => query >= start + period;

/** Heads that do one thing and nothing else; where they have nothing to do they rest on the first token. */
const ATTENTION_OF = {
  induction: (query, repeats) => all(repeated(query, repeats) ? query - repeats.period + 1 : 0),
  duplicateToken: (query, repeats) => all(repeated(query, repeats) ? query - repeats.period : 0),
  previousToken: (query) => all(Math.max(0, query - 1)),
  firstToken: () => all(0),
  currentToken: (query) => all(query),
  uniform: (query) =>
    new Map(Array.from({ length: query + 1 }, (_, key) => [key, 1 / (query + 1)])),
} as const satisfies Record<string, AttentionOf>;

export type IdealHead = keyof typeof ATTENTION_OF;

/** Names of the ideal heads, in the order of the head axis of {@link idealHeads}. */
export const IDEAL_HEADS = Object.keys(ATTENTION_OF) as readonly IdealHead[];

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
      for (const [key, weight] of ATTENTION_OF[name](query, repeats)) {
        data[(head * length + query) * length + key] = weight;
      }
    }
  });
  return tensor(["head", "query", "key"], [IDEAL_HEADS.length, length, length], data);
}
