import type { Random } from "../../base/random.ts";

/** A row of a random Markov chain. */
export interface MarkovRow {
  /** States 0 ... symbols - 1. */
  readonly states: Int32Array;
  /** Probability of each next state, [state, next state]. */
  readonly transitions: Float64Array;
}

/**
 * A row of a first-order Markov chain that is drawn for this row alone: the probabilities of what follows each state are uniform
 * over all distributions (Dirichlet with 1 everywhere), and the first state is any.
 *
 * So nothing about the next token can be known but from the row itself: what a model predicts here it has from its context.
 *
 * @see Edelman et al. 2024 (arXiv:2402.11004), whose first state is drawn from the stationary distribution
 */
export function markovRow(draw: Random, symbols: number, length: number): MarkovRow {
  const transitions = new Float64Array(symbols * symbols);
  for (let state = 0; state < symbols; state++)
    transitions.set(randomDistribution(draw, symbols), state * symbols);
  const states = new Int32Array(length);
  for (let place = 0; place < length; place++)
    states[place] =
      place === 0
        ? draw.integer(0, symbols - 1)
        : nextState(draw, transitions.subarray(states[place - 1]! * symbols), symbols);
  return { states, transitions };
}

/** Exponential draws over their sum. */
function randomDistribution(draw: Random, size: number): Float64Array {
  const weights = Float64Array.from({ length: size }, () => -Math.log(1 - draw.uniform()));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function nextState(draw: Random, probabilities: Float64Array, symbols: number): number {
  let left = draw.uniform();
  for (let state = 0; state < symbols - 1; state++) {
    left -= probabilities[state]!;
    if (left < 0) return state;
  }
  return symbols - 1;
}
