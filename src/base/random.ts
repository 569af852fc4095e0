/** @file Seeded random numbers: the same seed gives the same numbers on every machine and in every browser. */
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { randomNormal } from "d3-random";

/** A stream of random numbers that remembers where it is. */
export interface Random {
  /** A number in [0, 1). */
  uniform(): number;
  /** An integer in [low, high], both included. */
  integer(low: number, high: number): number;
  /** A draw from the standard normal distribution. */
  normal(): number;
  /** A new array with the items in random order (Fisher-Yates, by unbiased integers; d3-array's shuffler rounds fractions). */
  shuffled<Item>(items: readonly Item[]): Item[];
  /** `count` different integers of [0, size), in random order. */
  distinct(count: number, size: number): number[];
}

/**
 * A stream from `seed`, an integer; `stream` numbers independent streams of one seed. The generator has 2^32 seeds: those beyond 32
 * bits are hashed, so that none repeats the numbers of the seed 2^32 below it.
 */
export function random(seed: number, stream = 0): Random {
  const beyond = Math.imul(Math.floor((seed + 2 ** 31) / 2 ** 32), 0x85ebca6b); // 0 within 32 bits
  const generator = xoroshiro128plus((seed ^ beyond ^ Math.imul(stream, 0x9e3779b9)) | 0);
  for (let skipped = 0; skipped < 16; skipped++) generator.next(); // nearby seeds start alike
  const uniform = () => uniformFloat64(generator);
  const integer = (low: number, high: number) => uniformInt(generator, low, high);
  const shuffled = <Item>(items: readonly Item[]): Item[] => {
    const order = [...items];
    for (let last = order.length - 1; last > 0; last--) {
      const other = integer(0, last);
      [order[last], order[other]] = [order[other]!, order[last]!];
    }
    return order;
  };
  return {
    uniform,
    integer,
    normal: randomNormal.source(uniform)(0, 1),
    shuffled,
    distinct: (count, size) => distinct(integer, count, size),
  };
}

/** Fisher-Yates over a sparse table, so that 50 of 150,000 cost 50 steps. */
function distinct(
  integer: (low: number, high: number) => number,
  count: number,
  size: number,
): number[] {
  const moved = new Map<number, number>();
  return Array.from({ length: count }, (_, index) => {
    const other = integer(index, size - 1);
    const value = moved.get(other) ?? other;
    moved.set(other, moved.get(index) ?? index);
    return value;
  });
}
