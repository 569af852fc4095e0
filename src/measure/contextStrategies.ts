/** @file Which of a few ways of counting in its context a model predicts by, on rows of random Markov chains. */
import { InputError } from "../base/errors.ts";
import { shapeOf, type Tensor } from "../base/tensor.ts";
import { mean } from "./mean.ts";

/** Ways of predicting the next symbol from those that came before; `chain` knows the truth. */
export const STRATEGIES = ["uniform", "unigram", "bigram", "trigram", "chain"] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** A row as symbols 0 ... k - 1, and the chain that it was drawn from. */
export interface ChainRow {
  readonly states: ArrayLike<number>;
  /** [state, next state], rows that sum to 1. */
  readonly transitions: ArrayLike<number>;
}

/** Symbols that a context is made of; the counts are of what followed the same context. */
const CONTEXT = { unigram: 0, bigram: 1, trigram: 2 } as const;

/**
 * What each strategy predicts after each symbol of a row.
 *
 * uniform: 1 / k. An n-gram after x[0] ... x[t]: (number of s with x[s - n + 2 .. s] = x[t - n + 2 .. t] that are followed by the
 * symbol within the row so far, + 1) / (that number over all symbols + k); unigram counts all symbols so far. chain: the row's own transition
 * probabilities.
 *
 * @returns by strategy [position, symbol], each position a distribution
 * @throws {InputError} "shape" unless there are k x k transitions, k the symbols
 * @see Edelman et al. 2024 (arXiv:2402.11004), whose strategies they are, trigram and its like apart
 */
export function strategyPredictions(
  { states, transitions }: ChainRow,
  symbols: number,
): Record<Strategy, Float64Array> {
  if (transitions.length !== symbols ** 2)
    throw new InputError(
      "shape",
      `strategyPredictions needs ${symbols} x ${symbols} transitions for ${symbols} symbols, got ${transitions.length} numbers`,
    );
  const length = states.length;
  const at = (of: (place: number, symbol: number) => number) =>
    Float64Array.from({ length: length * symbols }, (_, index) =>
      of(Math.floor(index / symbols), index % symbols),
    );
  return {
    uniform: at(() => 1 / symbols),
    unigram: countedPredictions(states, symbols, CONTEXT.unigram),
    bigram: countedPredictions(states, symbols, CONTEXT.bigram),
    trigram: countedPredictions(states, symbols, CONTEXT.trigram),
    chain: at((place, symbol) => transitions[states[place]! * symbols + symbol]!),
  };
}

function countedPredictions(
  states: ArrayLike<number>,
  symbols: number,
  context: number,
): Float64Array {
  const counts = new Map<string, Float64Array>();
  const key = (end: number) =>
    Array.from({ length: context }, (_, back) => states[end - back] ?? -1).join(" ");
  const all = new Float64Array(states.length * symbols);
  for (let place = 0; place < states.length; place++) {
    const earlier = key(place - 1);
    const known = counts.get(earlier) ?? new Float64Array(symbols);
    if (place >= context) {
      known[states[place]!]! += 1;
      counts.set(earlier, known);
    }
    const now = counts.get(key(place)) ?? new Float64Array(symbols);
    const total = now.reduce((sum, count) => sum + count, symbols);
    now.forEach((count, symbol) => (all[place * symbols + symbol] = (count + 1) / total));
  }
  return all;
}

/** How far a model is from each strategy, in nats, and the one that it is nearest to. */
export interface FollowedStrategy {
  /** Mean over positions and rows of sum over symbols of p log(p / model), p the strategy's; 0: it predicts the same. */
  readonly divergence: Readonly<Record<Strategy, number>>;
  /** Mean of -sum p log(model). */
  readonly crossEntropy: Readonly<Record<Strategy, number>>;
  /** Of the strategies that need no truth, the one with the least divergence. */
  readonly follows: Exclude<Strategy, "chain">;
}

/**
 * Compares a model's predictions with each strategy's, over the second half of each row.
 *
 * @param logProbs of the symbols after each position, natural logs, axes [batch, position, symbol]
 * @param rows what the rows are, one for each of the batch
 * @param start position of a row's first symbol: 1 after BOS
 * @returns nats. A model that says 1 / k everywhere has a divergence of 0 from `uniform` and log k as cross-entropy with each
 * @throws {InputError} "shape" for rows of another size
 * @see Edelman et al. 2024 (arXiv:2402.11004). Differs from it: means over half of a row, where counts are no longer few
 */
export function followedStrategy(
  logProbs: Tensor,
  rows: readonly ChainRow[],
  start = 0,
): FollowedStrategy {
  const [batch, positions, symbols] = shapeOf(logProbs, ["batch", "position", "symbol"]);
  const each = rows.map((row, index) => {
    const length = row.states.length;
    if (batch !== rows.length || positions !== start + length)
      throw new InputError(
        "shape",
        `followedStrategy needs log-probabilities of ${rows.length} rows of ${start + length} positions, got ${batch} of ${positions}`,
      );
    const first = (index * positions + start) * symbols;
    const logs = logProbs.data.subarray(first, first + length * symbols);
    return rowDistances(logs, strategyPredictions(row, symbols), symbols);
  });
  const byStrategy = (of: (row: (typeof each)[number]) => Readonly<Record<Strategy, number>>) =>
    Object.fromEntries(
      STRATEGIES.map((name) => [name, mean(each.map((row) => of(row)[name]))]),
    ) as Record<Strategy, number>;
  const divergence = byStrategy((row) => row.divergence);
  const known = STRATEGIES.filter((name) => name !== "chain");
  return {
    divergence,
    crossEntropy: byStrategy((row) => row.crossEntropy),
    follows: known.reduce((best, name) => (divergence[name] < divergence[best] ? name : best)),
  };
}

function rowDistances(
  logs: Float32Array,
  predictions: Readonly<Record<Strategy, Float64Array>>,
  symbols: number,
) {
  const first = Math.floor(logs.length / symbols / 2) * symbols;
  const positions = (logs.length - first) / symbols;
  const of = (name: Strategy, term: (p: number, log: number) => number) => {
    let sum = 0;
    for (let at = first; at < logs.length; at++) sum += term(predictions[name][at]!, logs[at]!);
    return sum / positions;
  };
  const all = (term: (p: number, log: number) => number) =>
    Object.fromEntries(STRATEGIES.map((name) => [name, of(name, term)])) as Record<
      Strategy,
      number
    >;
  return {
    divergence: all((p, log) => (p === 0 ? 0 : p * (Math.log(p) - log))),
    crossEntropy: all((p, log) => -p * log),
  };
}
