/**
 * @file The three metrics of the induction-head-detector (seed of this project), with their indices put right and, as
 * `legacy`, as its code computes them. One token late in all three, the original gives a perfect induction head 0.
 */
import { InputError } from "../base/errors.ts";
import { shapeOf, type Tensor } from "../base/tensor.ts";

/** The metrics of one head; each from 0 to 1. */
export interface DetectorScores {
  readonly induction: number;
  readonly prefixMatching: number;
  readonly copying: number;
  /** The mean of the three; the original detects from .4 on. */
  readonly overall: number;
}

/**
 * Which query the original means when it writes i: it reads row i but asks for tokens up to i - 1 (`late` 1), where
 * the query that has just seen its prefix is i itself (`late` 0).
 */
interface Indexing {
  readonly late: 0 | 1;
}

/**
 * The three metrics with the right indices.
 *
 * induction = mean over pairs (q, j), j + 1 < q, tokens[j] = tokens[q] of A[q, j + 1].
 * prefixMatching = max(0, mean of A[q, k] where tokens[k - 2 ... k - 1] = tokens[q - 1 ... q] - mean elsewhere), k < q.
 * copying = share of q = 1 ... T - 2 with tokens[argmax over k < q of A[q, k]] = tokens[q + 1].
 *
 * All are means over pairs, so with c copies of a block the ceilings are below 1 (see the audit): a perfect head on two
 * copies has induction 1, prefixMatching about 1 and copying about .5, since the first copy cannot be foretold.
 *
 * @param pattern attention weights, axes [head, query, key]
 * @param tokens ids of that sequence
 * @returns one per head; uniform attention scores about 1 / T, about 0, and what the first token happens to give
 * @throws {InputError} "shape" unless there is one token per query and key
 */
export function detectorScores(pattern: Tensor, tokens: ArrayLike<number>): DetectorScores[] {
  return scoresOf(pattern, tokens, { late: 0 });
}

/**
 * The three metrics as the original's code computes them, one token late.
 *
 * induction reads A[i, j + 1] where tokens[i - 1] = tokens[j]; prefixMatching A[i, j] where tokens[i - 2 ... i - 1] =
 * tokens[j - 2 ... j - 1]; copying asks whether the token after the most attended is tokens[i + 1]. On repeats these are
 * the duplicate-token stripe: a perfect induction head has 0 in all three, a perfect duplicate-token head .59 overall.
 *
 * @returns one per head; see {@link detectorScores}
 */
export function legacyDetectorScores(pattern: Tensor, tokens: ArrayLike<number>): DetectorScores[] {
  return scoresOf(pattern, tokens, { late: 1 });
}

/**
 * The most that any attention can have in the three metrics on these tokens; `overall` is the mean of the three, which
 * no one head need reach.
 *
 * @param legacy whether as the original's code computes them
 */
export function detectorCeilings(tokens: ArrayLike<number>, legacy: boolean): DetectorScores {
  const indexing: Indexing = { late: legacy ? 1 : 0 };
  const induction = reachable(inductionKeys(tokens, indexing));
  const prefixMatching = reachable(prefixKeys(tokens, indexing));
  const copying = reachableCopying(tokens, indexing);
  return {
    induction,
    prefixMatching,
    copying,
    overall: (induction + prefixMatching + copying) / 3,
  };
}

const PREFIX = 2;

function scoresOf(
  pattern: Tensor,
  tokens: ArrayLike<number>,
  indexing: Indexing,
): DetectorScores[] {
  const [heads, queries, keys] = shapeOf(pattern, ["head", "query", "key"]);
  if (queries !== tokens.length || keys !== tokens.length) {
    throw new InputError(
      "shape",
      `the detector needs one token per query and key, got ${tokens.length} for ${queries} x ${keys}`,
    );
  }
  return Array.from({ length: heads }, (_, head) => {
    const attention = (query: number, key: number) =>
      pattern.data[(head * queries + query) * keys + key]!;
    const induction = inductionOf(attention, tokens, indexing);
    const prefixMatching = prefixMatchingOf(attention, tokens, indexing);
    const copying = copyingOf(attention, tokens, indexing);
    return {
      induction,
      prefixMatching,
      copying,
      overall: (induction + prefixMatching + copying) / 3,
    };
  });
}

type Attention = (query: number, key: number) => number;
type KeysByQuery = readonly (readonly number[])[];

/** Keys j + 1 whose earlier token equals that of the query, j + 1 < q, q >= 2. */
function inductionKeys(tokens: ArrayLike<number>, { late }: Indexing): KeysByQuery {
  return Array.from({ length: tokens.length }, (_, query) =>
    query < 2
      ? []
      : Array.from({ length: query - 1 }, (__, copy) => copy + 1).filter(
          (key) => tokens[key - 1] === tokens[query - late],
        ),
  );
}

/** Keys k < q before which stand the two tokens that end at the query. */
function prefixKeys(tokens: ArrayLike<number>, indexing: Indexing): KeysByQuery {
  return scannedKeys(tokens, indexing).map((keys, query) =>
    keys.filter(
      (key) =>
        tokens[key - 1] === tokens[query - indexing.late] &&
        tokens[key - 2] === tokens[query - indexing.late - 1],
    ),
  );
}

/** All keys that prefix matching looks at: 2 <= k < q, from the first query with a whole prefix on. */
function scannedKeys(tokens: ArrayLike<number>, { late }: Indexing): KeysByQuery {
  return Array.from({ length: tokens.length }, (_, query) =>
    query < PREFIX - 1 + late
      ? []
      : Array.from({ length: Math.max(0, query - PREFIX) }, (__, index) => index + PREFIX),
  );
}

function inductionOf(attention: Attention, tokens: ArrayLike<number>, indexing: Indexing): number {
  const { sum, count } = totalOf(attention, inductionKeys(tokens, indexing));
  return count === 0 ? 0 : sum / count;
}

function prefixMatchingOf(
  attention: Attention,
  tokens: ArrayLike<number>,
  indexing: Indexing,
): number {
  const match = totalOf(attention, prefixKeys(tokens, indexing));
  const all = totalOf(attention, scannedKeys(tokens, indexing));
  const others = all.count - match.count;
  if (match.count === 0 || others === 0) return 0;
  return Math.max(0, match.sum / match.count - (all.sum - match.sum) / others);
}

function totalOf(attention: Attention, keysOf: KeysByQuery): { sum: number; count: number } {
  let sum = 0;
  let count = 0;
  keysOf.forEach((keys, query) => {
    for (const key of keys) sum += attention(query, key);
    count += keys.length;
  });
  return { sum, count };
}

function copyingOf(attention: Attention, tokens: ArrayLike<number>, { late }: Indexing): number {
  let right = 0;
  const last = tokens.length - 2;
  for (let query = 1; query <= last; query++) {
    let most = 0;
    for (let key = 1; key < query; key++) {
      if (attention(query, key) > attention(query, most)) most = key;
    }
    if (tokens[most + late] === tokens[query + 1]) right += 1;
  }
  return last < 1 ? 0 : right / last;
}

function reachableCopying(tokens: ArrayLike<number>, { late }: Indexing): number {
  const last = tokens.length - 2;
  const queries = Array.from({ length: Math.max(0, last) }, (_, index) => index + 1);
  const reached = queries.filter((query) =>
    Array.from({ length: query }, (_, key) => tokens[key + late]).includes(tokens[query + 1]),
  );
  return last < 1 ? 0 : reached.length / last;
}

/** One key of each row can have all attention: rows that have one, over all pairs. */
function reachable(keysOf: KeysByQuery): number {
  const pairs = keysOf.flat().length;
  return pairs === 0 ? 0 : keysOf.filter((keys) => keys.length > 0).length / pairs;
}
