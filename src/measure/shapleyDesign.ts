/** @file Which sets of players are run: all of them, or those that some orders pass, each with its reverse. */
import { random } from "../base/random.ts";
import { allCoalitions, everyone, prefixesOf, type Coalition } from "./shapley.ts";

export interface ShapleyDesign {
  readonly players: number;
  /** Null: all subsets. */
  readonly orders: readonly (readonly number[])[] | null;
  /** Every set that is run, once. */
  readonly coalitions: readonly Coalition[];
}

/** All subsets of up to `mostExact` players; of more, `pairs` orders from `seed`. */
export function shapleyDesign(
  players: number,
  {
    pairs,
    seed,
    mostExact,
  }: { readonly pairs: number; readonly seed: number; readonly mostExact: number },
): ShapleyDesign {
  const orders = players <= mostExact ? null : ordersOf(players, pairs, seed);
  return { players, orders, coalitions: coalitionsOf(players, orders) };
}

function ordersOf(players: number, pairs: number, seed: number): number[][] {
  const draw = random(seed, 17);
  const inOrder = Array.from({ length: players }, (_, player) => player);
  return Array.from({ length: pairs }, () => draw.shuffled(inOrder));
}

function coalitionsOf(players: number, orders: ShapleyDesign["orders"]): Coalition[] {
  if (!orders) return allCoalitions(players);
  const passed = orders.flatMap((order) => [
    ...prefixesOf(order),
    ...prefixesOf(order.toReversed()),
  ]);
  return [...new Set([0n, everyone(players), ...passed])];
}
