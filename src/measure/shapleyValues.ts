/** @file From the worth of sets to the value of each player, with intervals, and to whether it matters. */
import { moments } from "./moments.ts";
import { everyone, exactShapley, sampledShapley, shapleyEstimate, type Worth } from "./shapley.ts";
import type { ShapleyDesign } from "./shapleyDesign.ts";
import { atLeast, atMost, meanEstimate, type Estimate } from "./verdict/estimate.ts";

export interface ShapleyValues {
  /** What everyone reaches together, and what nobody does. */
  readonly all: number;
  readonly none: number;
  /** all - none: what the values add up to. */
  readonly gain: Estimate;
  /** By player. */
  readonly values: readonly Estimate[];
}

/** Values of all players: exact for the examples where all subsets were run. */
export function shapleyValues({ players, orders }: ShapleyDesign, worth: Worth): ShapleyValues {
  const [all, none] = [worth(everyone(players)), worth(0n)];
  return {
    all: moments(all).mean,
    none: moments(none).mean,
    gain: meanEstimate(Array.from(all, (value, example) => value - none[example]!)),
    values: orders ? sampledValues(orders, worth) : exactValues(players, worth),
  };
}

const exactValues = (players: number, worth: Worth): Estimate[] =>
  exactShapley(players, worth).map((values) => shapleyEstimate([values], false));

function sampledValues(orders: NonNullable<ShapleyDesign["orders"]>, worth: Worth): Estimate[] {
  const sampled = sampledShapley(orders, worth);
  return sampled[0]!.map((_, player) =>
    shapleyEstimate(
      sampled.map((pair) => pair[player]!),
      true,
    ),
  );
}

export const MATTERS = ["yes", "no", "undecided"] as const;
export type Matters = (typeof MATTERS)[number];

/** Whether a value's size surely reaches, or surely misses, `least`. */
export function mattersBy(estimate: Estimate, least: number): Matters {
  const [low, high] = [atLeast(estimate), atMost(estimate)];
  if (least > 0 && (low >= least || high <= -least)) return "yes";
  return low > -least && high < least ? "no" : "undecided";
}
