/** @file What induction would attend to in any sequence that repeats something, by length of the repeated n-gram. */
import { InputError } from "../base/errors.ts";
import type { Tensor } from "../base/tensor.ts";
import { queryMeanTable } from "./weightTable.ts";

/** How targets are found. */
export interface TargetOptions {
  /** Tokens that must agree, up to and including the query's own: 1 (default) is plain induction. */
  readonly prefix?: number | undefined;
  /** Positions before this, such as BOS, take no part. Default 0. */
  readonly start?: number | undefined;
  /**
   * Keys directly before the query, k = q - 1, which "A B A" makes: left out by default, since previous-token heads
   * attend there too; "only" gives them alone.
   */
  readonly adjacent?: "without" | "only" | undefined;
}

/**
 * For each query the positions of earlier copies of its token.
 *
 * j is in the list of q if start <= j < q and tokens[j - n] = tokens[q - n] for n = 0 ... prefix - 1.
 *
 * @param tokens ids of one sequence
 * @returns [query] -> positions, ascending
 */
export function earlierCopies(
  tokens: ArrayLike<number>,
  { prefix = 1, start = 0 }: TargetOptions = {},
): readonly (readonly number[])[] {
  const positionsByToken = new Map<number, number[]>();
  return Array.from({ length: tokens.length }, (_, query) => {
    if (query < start) return [];
    const before = positionsByToken.get(tokens[query]!) ?? [];
    const copies = before.filter((copy) => agrees(tokens, copy, query, prefix, start));
    positionsByToken.set(tokens[query]!, [...before, query]);
    return copies;
  });
}

/**
 * For each query the keys that induction suggests: those that follow an earlier copy of the query's token.
 *
 * k is a target of q if k < q and tokens[k - n] = tokens[q - n + 1] for n = 1 ... prefix. k = q ("A A") is the current
 * token and never counts; k = q - 1 ("A B A") is told apart by `adjacent`.
 *
 * @returns [query] -> keys, ascending
 */
export function inductionTargets(
  tokens: ArrayLike<number>,
  options: TargetOptions = {},
): readonly (readonly number[])[] {
  const isTarget =
    options.adjacent === "only"
      ? (key: number, query: number) => key === query - 1
      : (key: number, query: number) => key < query - 1;
  return earlierCopies(tokens, options).map((copies, query) =>
    copies.map((copy) => copy + 1).filter((key) => isTarget(key, query)),
  );
}

/** A measure over the queries that have something to find. */
export interface TargetTable {
  /** Weights, axes [query, key]. */
  readonly table: Tensor;
  /** Queries in the mean. */
  readonly queries: readonly number[];
}

/**
 * The general induction score, for any sequence with repeats; with prefix 2 or 3 the prefix-match score of that length.
 *
 * score = mean over queries q that have a target of the sum over its targets k of A[q, k], see {@link inductionTargets}.
 *
 * @returns the weight table and its queries. Range 0 to 1, ceiling 1 (attention may be split over earlier copies as it
 *   likes); uniform causal attention scores the mean of targets(q) / (q + 1). On `[BOS] r r` with period >= 3 it is the
 *   strict induction score
 * @throws {InputError} "tokens" if no query has a target
 * @see Olsson et al. 2022, prefix matching: theirs is defined on repeated random tokens only
 */
export function inductionTable(
  tokens: ArrayLike<number>,
  options: TargetOptions = {},
): TargetTable {
  const { prefix = 1 } = options;
  const tokenWords = prefix === 1 ? "a token" : `${prefix} tokens`;
  return targetTable(
    inductionTargets(tokens, options),
    `induction needs ${tokenWords} that came before, with another token after it`,
  );
}

/**
 * The general duplicate-token score: mean over queries whose token came before of the attention to all its earlier copies.
 *
 * @returns as {@link inductionTable}; ceiling 1
 * @throws {InputError} "tokens" if no token comes twice
 */
export function duplicateTable(
  tokens: ArrayLike<number>,
  options: TargetOptions = {},
): TargetTable {
  return targetTable(
    earlierCopies(tokens, options),
    "the duplicate-token score needs a token that comes twice",
  );
}

/**
 * The general induction score of the one key that gets most: mean over queries with a target of max over targets of A.
 *
 * Not linear, so the graph does not compute it. Equal to the sum where each query has one target.
 *
 * @param pattern attention weights, axes [head, query, key]
 * @returns axes [head], 0 to 1; uniform causal attention scores the mean of 1 / (q + 1)
 */
export function strongestTarget(
  pattern: Tensor,
  tokens: ArrayLike<number>,
  options: TargetOptions = {},
): Float64Array {
  const [heads = 0, length = 0] = pattern.shape;
  const targets = inductionTargets(tokens, options);
  const { queries } = inductionTable(tokens, options);
  return Float64Array.from({ length: heads }, (_, head) => {
    const best = queries.map((query) =>
      Math.max(
        ...targets[query]!.map((key) => pattern.data[(head * length + query) * length + key]!),
      ),
    );
    return best.reduce((sum, attention) => sum + attention, 0) / queries.length;
  });
}

function targetTable(keysOf: readonly (readonly number[])[], needs: string): TargetTable {
  const queries = keysOf.flatMap((keys, query) => (keys.length > 0 ? [query] : []));
  if (queries.length === 0) {
    throw new InputError("tokens", `${needs}, got ${keysOf.length} tokens without`);
  }
  return { table: queryMeanTable(keysOf.length, queries, (query) => keysOf[query]!), queries };
}

function agrees(
  tokens: ArrayLike<number>,
  copy: number,
  query: number,
  prefix: number,
  start: number,
): boolean {
  if (copy - prefix + 1 < start) return false;
  for (let back = 1; back < prefix; back++) {
    if (tokens[copy - back] !== tokens[query - back]) return false;
  }
  return true;
}
