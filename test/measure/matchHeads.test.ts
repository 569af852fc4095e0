import { describe, expect, test } from "vitest";
import { random } from "../../src/base/random.ts";
import { matchHeads } from "../../src/measure/matchHeads.ts";

const KINDS = [
  [0.9, 0.05, 1],
  [0.05, 0.9, 0],
  [0.3, 0.1, -0.6],
  [0.1, 0.4, 0.2],
  [0.7, 0.02, 0.8],
];

describe("matchHeads(first, second)", () => {
  test("finds the same heads at other places, and is sure of it", () => {
    const order = [3, 0, 4, 1, 2];
    const {
      matches,
      distance,
      random: null_,
      p,
    } = matchHeads(
      KINDS,
      order.map((kind) => KINDS[kind]!),
    );
    expect(matches.map(({ first, second }) => [first, order[second]])).toEqual(
      [0, 1, 2, 3, 4].map((head) => [head, head]),
    );
    expect(distance).toBe(0);
    expect(null_!.low).toBeGreaterThan(0);
    expect(p).toBeLessThan(0.05);
  });

  test("leaves a head without a partner where none is nearest both ways", () => {
    const { matches } = matchHeads([[0], [1], [1.2]], [[0.1], [1]]);
    expect(matches).toMatchObject([
      { first: 1, second: 1, distance: 0 },
      { first: 0, second: 0 },
    ]);
  });

  test("finds in 5 % of models without a relation that they match", () => {
    const heads = (seed: number) => {
      const { uniform } = random(seed);
      return Array.from({ length: 8 }, () => [uniform(), uniform(), uniform()]);
    };
    const hits = Array.from({ length: 300 }, (_, seed) =>
      matchHeads(heads(2 * seed), heads(2 * seed + 1), { seed, draws: 99 }),
    ).filter(({ p }) => p! <= 0.05).length;
    expect(hits / 300).toBeLessThan(0.1);
    expect(hits).toBeGreaterThan(2);
  });

  test("has nothing to say where one side has no heads", () => {
    expect(matchHeads([], KINDS)).toEqual({ matches: [], distance: null, random: null, p: null });
  });

  test("leaves its input as it was", () => {
    const before = structuredClone(KINDS);
    matchHeads(KINDS, KINDS);
    expect(KINDS).toEqual(before);
  });
});
