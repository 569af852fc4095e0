/**
 * @file Shapley values of cooperative games: what each player adds, averaged over all orders in which players can come.
 *
 * phi[i] = sum over S without i of |S|! (n - |S| - 1)! / n! (v(S + i) - v(S)). They add up to v(all) - v(none), are 0 for a
 * player that never adds anything, and equal for players that add the same to every set.
 *
 * @see Shapley 1953; permutations in pairs, each with its reverse: Mitchell et al. 2022 (arXiv:2104.12199)
 */
import { InputError } from "../base/errors.ts";
import { FEWEST_FOR_INTERVAL, tQuantile } from "./interval.ts";
import { moments } from "./moments.ts";
import type { Estimate } from "./verdict/estimate.ts";

/** Players of a set, as bits: bit i is player i. */
export type Coalition = bigint;

/** What a set reaches, one number per example. */
export type Worth = (coalition: Coalition) => ArrayLike<number>;

/** With more players all subsets are too many. */
export const MOST_EXACT = 12;

export const everyone = (players: number): Coalition => (1n << BigInt(players)) - 1n;

/** All subsets of the players, the empty one first. */
export function allCoalitions(players: number): Coalition[] {
  return Array.from({ length: 2 ** players }, (_, set) => BigInt(set));
}

/**
 * Exact values by all subsets, [player][example].
 *
 * @throws {InputError} "range" for more than {@link MOST_EXACT} players
 */
export function exactShapley(players: number, worth: Worth): number[][] {
  if (players > MOST_EXACT)
    throw new InputError(
      "range",
      `exact Shapley values need ${MOST_EXACT} players or fewer, got ${players}`,
    );
  const weights = orderShares(players);
  const worths = allCoalitions(players).map(worth);
  const examples = worths[0]!.length;
  return Array.from({ length: players }, (_, player) => {
    const values = new Array<number>(examples).fill(0);
    for (let set = 0; set < worths.length; set++) {
      if (set & (1 << player)) continue;
      const [without, within] = [worths[set]!, worths[set | (1 << player)]!];
      const weight = weights[bits(set)]!;
      for (let example = 0; example < examples; example++)
        values[example]! += weight * (within[example]! - without[example]!);
    }
    return values;
  });
}

/** |S|! (n - |S| - 1)! / n! by |S|: 1 / (n * binomial(n - 1, |S|)). */
function orderShares(players: number): number[] {
  let binomial = 1;
  return Array.from({ length: players }, (_, size) => {
    if (size > 0) binomial = (binomial * (players - size)) / size;
    return 1 / (players * binomial);
  });
}

function bits(set: number): number {
  let count = 0;
  for (let rest = set; rest > 0; rest &= rest - 1) count++;
  return count;
}

/** The sets that an order passes, from none to all. */
export function prefixesOf(order: readonly number[]): Coalition[] {
  let set = 0n;
  return [0n, ...order.map((player) => (set |= 1n << BigInt(player)))];
}

/**
 * Values by sampled orders, [pair][player][example]: each pair is the mean of an order and its reverse.
 *
 * @param orders of all players, as many of them as pairs
 */
export function sampledShapley(orders: readonly (readonly number[])[], worth: Worth): number[][][] {
  return orders.map((order) => {
    const [there, back] = [addedAlong(order, worth), addedAlong(order.toReversed(), worth)];
    return there.map((values, player) =>
      values.map((value, example) => (value + back[player]![example]!) / 2),
    );
  });
}

/** What each player adds to those before it, [player][example]. */
function addedAlong(order: readonly number[], worth: Worth): number[][] {
  const worths = prefixesOf(order).map(worth);
  const added: number[][] = [];
  order.forEach((player, place) => {
    const before = worths[place]!;
    added[player] = Array.from(worths[place + 1]!, (value, example) => value - before[example]!);
  });
  return added;
}

/**
 * The mean over pairs and examples of one player's values, [pair][example], with a 95 % interval. The variance is that of the
 * examples' means over n examples plus that of the pairs' means over n pairs, which is no less than the true one; t by the
 * smaller number. Null under ten examples or, where pairs were drawn, under ten pairs.
 *
 * @param isSampled whether the pairs are a sample of orders; false: there is one, and it is exact
 */
export function shapleyEstimate(
  values: readonly (readonly number[])[],
  isSampled: boolean,
): Estimate {
  const [pairs, examples] = [values.length, values[0]!.length];
  const byPair = values.map((run) => moments(run).mean);
  const byExample = values[0]!.map(
    (_, example) => values.reduce((sum, run) => sum + run[example]!, 0) / pairs,
  );
  const value = moments(byExample).mean;
  const fewest = isSampled ? Math.min(pairs, examples) : examples;
  if (fewest < FEWEST_FOR_INTERVAL) return { value, low: null, high: null };
  const error = moments(byExample).standardError;
  const reach =
    tQuantile(fewest) * Math.hypot(error, isSampled ? moments(byPair).standardError : 0);
  return { value, low: value - reach, high: value + reach };
}
