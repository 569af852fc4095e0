import { describe, expect, test } from "vitest";
import { random } from "../../src/base/random.ts";
import {
  exactShapley,
  sampledShapley,
  shapleyEstimate,
  type Coalition,
} from "../../src/measure/shapley.ts";

const has = (set: Coalition, player: number) => ((set >> BigInt(player)) & 1n) === 1n;
const count = (set: Coalition, players: readonly number[]) =>
  players.filter((player) => has(set, player)).length;

describe("exactShapley(players, worth)", () => {
  test("gives each player its own part of an additive game, in every example", () => {
    const parts = [3, -1, 0, 2];
    const worth = (set: Coalition) => [
      parts.reduce((sum, part, player) => sum + (has(set, player) ? part : 0), 10),
      count(set, [1, 3]),
    ];
    exactShapley(4, worth).forEach((values, player) => {
      expect(values[0]).toBeCloseTo(parts[player]!, 10);
      expect(values[1]).toBeCloseTo(player % 2, 10);
    });
  });

  test("halves what either of two redundant players brings, and gives a player who never adds anything 0", () => {
    const worth = (set: Coalition) => [has(set, 0) || has(set, 1) ? 6 : 0];
    expect(exactShapley(3, worth)).toEqual([[3], [3], [0]]);
  });

  test("is the closed form of the glove game: 2/3 for the one left glove, 1/6 for each right one", () => {
    const worth = (set: Coalition) => [has(set, 0) && count(set, [1, 2]) > 0 ? 1 : 0];
    const [left, ...right] = exactShapley(3, worth).map(([value]) => value!);
    expect(left).toBeCloseTo(2 / 3, 12);
    for (const value of right) expect(value).toBeCloseTo(1 / 6, 12);
  });

  test("adds up to all less none for any game, twelve players too, and refuses more", () => {
    const draw = random(3);
    const worths = Array.from({ length: 2 ** 12 }, () => draw.normal());
    const values = exactShapley(12, (set) => [worths[Number(set)]!]);
    const sum = values.reduce((all, [value]) => all + value!, 0);
    expect(sum).toBeCloseTo(worths.at(-1)! - worths[0]!, 9);
    expect(() => exactShapley(13, () => [0])).toThrow(/12 players or fewer, got 13/);
  });
});

describe("sampledShapley(orders, worth)", () => {
  const draw = random(8);
  const pairs = Array.from({ length: 40 }, () => draw.shuffled([0, 1, 2, 3, 4]));

  test("is exact for a game of pairs, since an order and its reverse have each pair both ways", () => {
    const worth = (set: Coalition) => [count(set, [0, 1, 2]) ** 2 + 3 * count(set, [4])];
    const exact = exactShapley(5, worth);
    for (const pair of sampledShapley(pairs, worth))
      pair.forEach(([value], player) => expect(value).toBeCloseTo(exact[player]![0]!, 10));
  });

  test("adds up to all less none in every pair, and its intervals hold the exact values", () => {
    const noise = random(9);
    const worths = Array.from({ length: 32 }, () =>
      Array.from({ length: 12 }, () => noise.normal()),
    );
    const worth = (set: Coalition) => worths[Number(set)]!;
    const exact = exactShapley(5, worth);
    const sampled = sampledShapley(pairs, worth);
    for (const pair of sampled)
      expect(pair.reduce((sum, values) => sum + values[3]!, 0)).toBeCloseTo(
        worths[31]![3]! - worths[0]![3]!,
        9,
      );
    exact.forEach((values, player) => {
      const { low, high } = shapleyEstimate(
        sampled.map((pair) => pair[player]!),
        true,
      );
      const truth = values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(low!).toBeLessThan(truth);
      expect(high!).toBeGreaterThan(truth);
    });
  });

  test("has no interval under ten pairs or ten examples", () => {
    const sample = [Array.from({ length: 12 }, (_, example) => example)];
    expect(shapleyEstimate(sample, true)).toMatchObject({ value: 5.5, low: null });
    expect(shapleyEstimate(sample, false).low).toBeLessThan(5.5);
    expect(shapleyEstimate([[1, 2, 3]], false).low).toBeNull();
  });
});
