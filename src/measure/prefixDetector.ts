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

function inductionOf(attention: Attention, tokens: ArrayLike<number>, { late }: Indexing): number {
  let sum = 0;
  let pairs = 0;
  for (let query = 2; query < tokens.length; query++) {
    for (let copy = 0; copy + 1 < query; copy++) {
      if (tokens[copy] !== tokens[query - late]) continue;
      sum += attention(query, copy + 1);
      pairs += 1;
    }
  }
  return pairs === 0 ? 0 : sum / pairs;
}

function prefixMatchingOf(
  attention: Attention,
  tokens: ArrayLike<number>,
  { late }: Indexing,
): number {
  const sums = { match: 0, other: 0 };
  const pairs = { match: 0, other: 0 };
  for (let query = PREFIX - 1 + late; query < tokens.length; query++) {
    for (let key = PREFIX; key < query; key++) {
      const matches =
        tokens[key - 1] === tokens[query - late] && tokens[key - 2] === tokens[query - late - 1];
      const kind = matches ? "match" : "other";
      sums[kind] += attention(query, key);
      pairs[kind] += 1;
    }
  }
  if (pairs.match === 0 || pairs.other === 0) return 0;
  return Math.max(0, sums.match / pairs.match - sums.other / pairs.other);
}

function copyingOf(attention: Attention, tokens: ArrayLike<number>, { late }: Indexing): number {
  let right = 0;
  const last = tokens.length - 2;
  for (let query = 1; query <= last; query++) {
    let most = 0;
    for (let key = 1; key < query; key++)
      if (attention(query, key) > attention(query, most)) most = key;
    if (tokens[most + late] === tokens[query + 1]) right += 1;
  }
  return last < 1 ? 0 : right / last;
}
