/** @file Which entries of a head's queries and keys compare what: contents, places, and the first position. */
import type { Block } from "./stream.ts";

export interface RotaryPair {
  readonly first: number;
  readonly second: number;
  /** Radians per position. */
  readonly frequency: number;
}

export interface Frame {
  readonly dHead: number;
  /** Entries that compare a query with the key block `key`. */
  readonly slot: (key: Block) => readonly number[];
  /** Whether every key block has a slot of its own. */
  readonly slotPerKey: boolean;
  /** Entry for the first position. */
  readonly start: number;
  /** Entries that compare position blocks; null with rotary positions, which have pairs. */
  readonly place: readonly number[] | null;
  readonly pairs: readonly RotaryPair[];
}

const range = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => first + index);

/** Positions are a block of the stream: one slot for contents, one for places, one entry for the first position. */
export function blockFrame(width: number, least = 0): Frame {
  const [content, place] = [range(0, width), range(width, width)];
  const dHead = Math.max(least, 2 * width + 2);
  return { dHead, slot: () => content, slotPerKey: false, place, start: 2 * width, pairs: [] };
}

export interface Rotation {
  /** Entries that are turned, the first of the head. */
  readonly dims: number;
  readonly base: number;
  /** Pairs are (2 i, 2 i + 1); false: (i, i + turned / 2). */
  readonly adjacent: boolean;
}

/** Slower pairs tell near places from far ones only. */
const PLACE_FREQUENCY = 0.05;

function pairsOf({ dims, base, adjacent }: Rotation): RotaryPair[] {
  const count = dims / 2;
  return range(0, count).map((pair) => ({
    first: adjacent ? 2 * pair : pair,
    second: adjacent ? 2 * pair + 1 : pair + count,
    frequency: base ** (-pair / count),
  }));
}

const forPlaces = (pairs: readonly RotaryPair[]) =>
  pairs.filter(({ frequency }) => frequency >= PLACE_FREQUENCY);

/** Some entries are turned and compare places, the others are not and compare contents. */
export function partlyRotaryFrame(width: number, rotation: Rotation, least = 0): Frame {
  const content = range(rotation.dims, width);
  const dHead = Math.max(least, rotation.dims + width + 2);
  const start = rotation.dims + width;
  return {
    dHead,
    slot: () => content,
    slotPerKey: false,
    place: null,
    start,
    pairs: forPlaces(pairsOf(rotation)),
  };
}

/** Everything is turned: contents lie in the slowest pairs, with a slot for each key block, since keys may be shared. */
export function rotaryFrame(width: number, rotation: Rotation): Frame {
  const pairs = pairsOf(rotation);
  const slowest = pairs.toReversed().flatMap(({ first, second }) => [first, second]);
  const slots: Partial<Record<Block, readonly number[]>> = {
    token: slowest.slice(2, 2 + width),
    previous: slowest.slice(2 + width, 2 + 2 * width),
  };
  return {
    dHead: rotation.dims,
    slot: (key) => slots[key]!,
    slotPerKey: true,
    place: null,
    start: slowest[0]!,
    pairs: forPlaces(pairs),
  };
}
