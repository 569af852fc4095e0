/** @file Where one head looks on one sequence, whatever it repeats, in the four ways that have names. */
import { shapeOf, tensor, type Tensor } from "../base/tensor.ts";
import { contract } from "./contract.ts";
import { inductionTargets } from "./inductionTargets.ts";
import { uniformScores, type Sight } from "./uniformScores.ts";
import { queryMeanTable, stackTables } from "./weightTable.ts";

export const LOOKS_AT = ["induction", "previousToken", "firstToken", "currentToken"] as const;
export type LooksAt = (typeof LOOKS_AT)[number];

export interface MeanAttention {
  readonly value: number;
  /** What uniform attention to all that the head sees has. */
  readonly uniform: number;
  readonly queries: number;
}

/**
 * Mean attention of one head to the tokens that induction, previous-token, first-token and current-token heads look at.
 *
 * With targets(q) the keys after earlier copies of q's token (see `inductionTargets`; prefix 1, k < q - 1):
 * induction = mean over q that have a target of the sum over targets of A[q, k]; previousToken, firstToken, currentToken =
 * mean over q > start of A[q, q - 1], A[q, 0], A[q, q].
 *
 * @param pattern axes [query, key], of a whole sequence
 * @param start positions before this (BOS) are not queries
 * @param sight what a query sees, where a window or chunks hide some; left out: all up to itself
 * @returns 0 to 1, null where no query has a target; uniform attention has `uniform`. One sequence is an example and has no
 *   interval: `score` measures
 */
export function looksAt(
  pattern: Tensor,
  tokens: ArrayLike<number>,
  start: number,
  sight: Sight = null,
): Readonly<Record<LooksAt, MeanAttention | null>> {
  const [length] = shapeOf(pattern, ["query", "key"]);
  const targets = inductionTargets(tokens, { start });
  const repeated = targets.flatMap((keys, query) => (keys.length > 0 ? [query] : []));
  const later = Array.from({ length: length - start - 1 }, (_, index) => start + 1 + index);
  const mean = (queries: readonly number[], keysOf: (query: number) => readonly number[]) =>
    queries.length === 0 ? null : meanOf(pattern, queries, keysOf, sight);
  return {
    induction: mean(repeated, (query) => targets[query]!),
    previousToken: mean(later, (query) => [query - 1]),
    firstToken: mean(later, () => [0]),
    currentToken: mean(later, (query) => [query]),
  };
}

function meanOf(
  { shape, data }: Tensor,
  queries: readonly number[],
  keysOf: (query: number) => readonly number[],
  sight: Sight,
): MeanAttention {
  const [length] = shape as readonly [number, number];
  const tables = stackTables([queryMeanTable(length, queries, keysOf)]);
  const perHead = tensor(["head", "query", "key"], [1, ...shape], data);
  return {
    value: contract(perHead, tables).data[0]!,
    uniform: uniformScores(tables, sight).data[0]!,
    queries: queries.length,
  };
}
