import { random } from "../base/random.ts";
import { quantile } from "./interval.ts";

/** What each head does: one list of numbers per head, all of one length and in comparable units. */
export type Behaviours = readonly (readonly number[])[];

export interface HeadMatch {
  /** Index of a head of the first model, and of one of the second. */
  readonly first: number;
  readonly second: number;
  /** Euclidean distance of what they do; 0: the same. */
  readonly distance: number;
}

export interface HeadMatching {
  /** Heads that are each other's nearest, closest first. */
  readonly matches: readonly HeadMatch[];
  /** Mean over all heads of both of the distance to the nearest head of the other model; null without heads. */
  readonly distance: number | null;
  /** The same where what heads do is mixed at random: the null. */
  readonly random: { readonly mean: number; readonly low: number; readonly high: number } | null;
  /** Share of mixtures that match as closely, (1 + count) / (1 + draws); null without heads. */
  readonly p: number | null;
}

const DRAWS = 200;

/**
 * Which heads of two models do the same, whatever their places are.
 *
 * Heads match if each is the nearest of the other, d(a, b) = |behaviour[a] - behaviour[b]|. The strength is the mean over heads
 * of both models of the distance to the nearest. The null: every column of the second model's numbers is shuffled over its heads
 * by itself, so that each number is as frequent as before and no longer goes together with the others.
 *
 * @param first axes [head, number]
 * @param second axes [head, number]
 * @returns p is small where heads of both models combine their numbers alike; with two heads or fewer on either side, or one
 *   number, a shuffle changes little and p is near 1
 * @see a matching of both sides as a whole (Hungarian) would give every head a partner, those too that have none
 */
export function matchHeads(
  first: Behaviours,
  second: Behaviours,
  { seed = 0, draws = DRAWS }: { readonly seed?: number; readonly draws?: number } = {},
): HeadMatching {
  if (first.length === 0 || second.length === 0)
    return { matches: [], distance: null, random: null, p: null };
  const closest = nearest(first, second);
  const { integer } = random(seed);
  const shuffled = Float64Array.from(
    { length: draws },
    () => nearest(first, columnsShuffled(second, integer)).mean,
  ).sort();
  const asClose = shuffled.filter((distance) => distance <= closest.mean + 1e-12).length;
  return {
    matches: closest.matches,
    distance: closest.mean,
    random: {
      mean: shuffled.reduce((sum, value) => sum + value, 0) / draws,
      low: quantile(shuffled, 0.025),
      high: quantile(shuffled, 0.975),
    },
    p: (1 + asClose) / (1 + draws),
  };
}

function nearest(first: Behaviours, second: Behaviours) {
  const ofFirst = first.map(() => ({ at: -1, distance: Infinity }));
  const ofSecond = second.map(() => ({ at: -1, distance: Infinity }));
  first.forEach((row, a) =>
    second.forEach((other, b) => {
      const distance = distanceOf(row, other);
      if (distance < ofFirst[a]!.distance) ofFirst[a] = { at: b, distance };
      if (distance < ofSecond[b]!.distance) ofSecond[b] = { at: a, distance };
    }),
  );
  const matches = ofFirst
    .map(({ at, distance }, head): HeadMatch => ({ first: head, second: at, distance }))
    .filter((match) => ofSecond[match.second]!.at === match.first)
    .sort((a, b) => a.distance - b.distance || a.first - b.first);
  const all = [...ofFirst, ...ofSecond];
  return { matches, mean: all.reduce((sum, { distance }) => sum + distance, 0) / all.length };
}

function distanceOf(row: readonly number[], other: readonly number[]): number {
  let squares = 0;
  for (let index = 0; index < row.length; index++) squares += (row[index]! - other[index]!) ** 2;
  return Math.sqrt(squares);
}

/** Each column in an order of its own (Fisher and Yates). */
function columnsShuffled(
  rows: Behaviours,
  integer: (low: number, high: number) => number,
): number[][] {
  const mixed = rows.map((row) => [...row]);
  for (let column = 0; column < rows[0]!.length; column++)
    for (let row = mixed.length - 1; row > 0; row--) {
      const other = integer(0, row);
      const value = mixed[row]![column]!;
      mixed[row]![column] = mixed[other]![column]!;
      mixed[other]![column] = value;
    }
  return mixed;
}
