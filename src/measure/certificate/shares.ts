/**
 * @file How the heads of the first layer may spread their attention, whatever the sequence: over the query itself, the token
 * before it, BOS, and the rest.
 *
 * A query is a token t at k with the token u before it. With e(j) = exp(score), the shares are e(k), e(k - 1), e(0) and the sum
 * over the rest R, over the sum of all. Of R only this is used: it lies between the sum over positions of the least and of the
 * largest e that any token has there. Every share grows or falls with R, so its two ends give all that may be.
 */
import { dots, rowOf, type Range } from "./balls.ts";
import { lengthOf, startOf, tokensAt, type Family } from "./certifiedModel.ts";
import { down, exactly, expDown, expUp, over, plus, up, type Enclosure } from "./enclosure.ts";
import type { FirstLayer } from "./firstLayer.ts";

/** Which parts a query's attention has: the order of the last axis of {@link Shares}. */
export const PARTS = ["itself", "before", "bos", "rest"] as const;

/** Shares of one state: both ends of every part. */
export const SHARES = 2 * PARTS.length;

/** By query state and token before: [token, position, token before, end, part]. The ends: the rest at its largest, at its least. */
export interface Shares {
  readonly mid: Float64Array;
  readonly rad: Float64Array;
  /** Tokens that may come before, BOS included. */
  readonly befores: number;
}

/** A token at a position with a token before it. */
type State = readonly [token: number, position: number, before: number];

/** Place of a state in what is known of each: [token, position, token before]. */
export function stateIndex(
  { befores }: Pick<Shares, "befores">,
  length: number,
  [token, position, before]: State,
): number {
  return (token * length + position) * befores + before;
}

/** Place of the first share of a state. */
export function shareIndex(shares: Pick<Shares, "befores">, length: number, state: State): number {
  return stateIndex(shares, length, state) * SHARES;
}

/** @param without the rest, as if it were never attended to: how much the rest costs, and no proof */
export function sharesOf(
  first: FirstLayer,
  head: number,
  family: Family,
  without: "rest" | null = null,
): Shares {
  const { length } = first;
  const befores = family.tokens + (family.bos ? 1 : 0);
  const size = befores * length * befores * SHARES;
  const shares = { mid: new Float64Array(size), rad: new Float64Array(size), befores };
  for (let position = 0; position < lengthOf(family); position++) {
    const [from, to] = tokensAt(family, position);
    for (let token = from; token < to; token++)
      sharesAt(first, head, family, { token, position, without, shares });
  }
  return shares;
}

interface At {
  readonly token: number;
  readonly position: number;
  readonly without: "rest" | null;
  readonly shares: Shares;
}

const NOTHING = exactly(0);

function sharesAt(first: FirstLayer, head: number, family: Family, at: At): void {
  const { token, position, shares } = at;
  const { length } = first;
  const { query, key } = first.heads[head]!;
  const scores = dots(rowOf(query, token * length + position), key);
  const reference = scores.high[token * length + position]!;
  const weighed = ({ low, high }: Enclosure): Enclosure => ({
    low: expDown(down(low - reference)),
    high: expUp(up(high - reference)),
  });
  const weight = (of: number, place: number): Enclosure => {
    const state = of * length + place;
    return weighed({ low: scores.low[state]!, high: scores.high[state]! });
  };
  const itself = weight(token, position);
  const bos = family.bos && position > 1 ? weight(family.tokens, 0) : NOTHING;
  const ends = (place: number) => endsAt(family, place, length, scores);
  const rest = at.without ? NOTHING : restOf(family, position, (place) => weighed(ends(place)));
  const [from, to] = position === 0 ? [0, 1] : tokensAt(family, position - 1);
  for (let before = from; before < to; before++) {
    const previous = position === 0 ? NOTHING : weight(before, position - 1);
    const start = shareIndex(shares, length, [token, position, before]);
    [rest.high, rest.low].forEach((mass, end) =>
      write(shares, start + end * PARTS.length, [itself, previous, bos, exactly(mass)]),
    );
  }
}

/** The least and the largest score that any token has at a place. */
function endsAt(family: Family, place: number, length: number, { low, high }: Range): Enclosure {
  let [least, most] = [Infinity, -Infinity];
  for (let token = 0; token < family.tokens; token++) {
    const state = token * length + place;
    least = Math.min(least, low[state]!);
    most = Math.max(most, high[state]!);
  }
  return { low: least, high: most };
}

/** Sum over the positions that are neither the query's, nor the one before, nor BOS. e grows with the score, so its ends decide. */
function restOf(
  family: Family,
  position: number,
  weightAt: (place: number) => Enclosure,
): Enclosure {
  let rest = NOTHING;
  for (let place = startOf(family); place < position - 1; place++)
    rest = plus(rest, weightAt(place));
  return { low: Math.max(0, rest.low), high: rest.high };
}

function write({ mid, rad }: Shares, start: number, weights: readonly Enclosure[]): void {
  weights.forEach((weight, part) => {
    const others = weights.filter((_, other) => other !== part).reduce(plus, NOTHING);
    const low = weight.low === 0 ? 0 : shareOf(weight.low, others.high).low;
    const high = weight.high === 0 ? 0 : shareOf(weight.high, Math.max(0, others.low)).high;
    mid[start + part] = low / 2 + high / 2;
    rad[start + part] = up((high - low) / 2 + high * 2 ** -50);
  });
}

/** one / (one + others) */
function shareOf(weight: number, others: number): Enclosure {
  return over(exactly(weight), plus(exactly(weight), exactly(others)));
}

/** The least share that goes to the token before, over all states where there is one. */
export function leastBefore(shares: Shares, family: Family): number {
  let least = 1;
  const length = lengthOf(family);
  for (let position = startOf(family) + 1; position < length; position++)
    for (let token = 0; token < family.tokens; token++)
      for (let before = 0; before < family.tokens; before++) {
        if (before === token) continue;
        const start = shareIndex(shares, length, [token, position, before]);
        for (const end of [start, start + PARTS.length])
          least = Math.min(least, down(shares.mid[end + 1]! - shares.rad[end + 1]!));
      }
  return least;
}
