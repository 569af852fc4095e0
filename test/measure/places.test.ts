import { describe, expect, test } from "vitest";
import { bestHead } from "../../src/measure/bestHead.ts";
import { repeatedPlaces } from "../../src/measure/repeatedPlaces.ts";

describe("repeatedPlaces(ids)", () => {
  test("finds the places of the second copy but its last, and none in a row of one block", () => {
    expect(repeatedPlaces([9, 1, 2, 3, 1, 2, 3])).toEqual([
      { query: 4, target: 2 },
      { query: 5, target: 3 },
    ]);
    expect(repeatedPlaces([0, 1, 2, 3])).toEqual([]);
    expect(repeatedPlaces([])).toEqual([]);
  });

  test("reads the last earlier copy alone, and no token that repeats itself at once", () => {
    expect(repeatedPlaces([1, 2, 1, 3, 1, 2])).toEqual([]);
    expect(repeatedPlaces([5, 5, 5])).toEqual([]);
  });
});

describe("bestHead(values, end)", () => {
  test("is the first of the highest in the layers before the end, null without any", () => {
    const values = [
      [0.1, 0.7],
      [0.7, 0.2],
      [0.9, 0.3],
    ];
    expect(bestHead(values, 2)).toEqual({ layer: 0, head: 1 });
    expect(bestHead(values)).toEqual({ layer: 2, head: 0 });
    expect(bestHead(values, 0)).toBeNull();
  });
});
