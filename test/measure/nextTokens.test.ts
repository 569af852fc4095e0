import { describe, expect, test } from "vitest";
import { tensor } from "../../src/base/tensor.ts";
import { lossesByToken, nextTokens } from "../../src/measure/nextTokens.ts";
import { unpackScores } from "../../src/measure/unpackScores.ts";

describe("nextTokens(tokens)", () => {
  test("is the next token of the same row, and 0 after the last", () => {
    const tokens = tensor(["batch", "position"], [2, 3], Int32Array.of(5, 6, 7, 1, 2, 3));
    expect([...nextTokens(tokens).data]).toEqual([6, 7, 0, 2, 3, 0]);
    expect([...tokens.data]).toEqual([5, 6, 7, 1, 2, 3]);
  });
});

describe("lossesByToken(losses)", () => {
  test("moves each loss to the token that it is of, in its own row", () => {
    const losses = tensor(["batch", "position"], [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
    const { axes, data } = lossesByToken(losses);
    expect([axes, [...data]]).toEqual([
      ["sequence", "position"],
      [NaN, 1, 2, NaN, 4, 5],
    ]);
  });
});

describe("unpackScores(scores)", () => {
  test("has a value of each row for each measure and head", () => {
    const data = Float32Array.from({ length: 12 }, (_, index) => index);
    const unpacked = unpackScores(tensor(["batch", "measure", "head"], [2, 3, 2], data));
    expect(unpacked.map((heads) => heads.map((values) => [...values]))).toEqual([
      [
        [0, 6],
        [1, 7],
      ],
      [
        [2, 8],
        [3, 9],
      ],
      [
        [4, 10],
        [5, 11],
      ],
    ]);
  });

  test("refuses other axes", () => {
    expect(() => unpackScores(tensor(["head"], [1], Float32Array.of(1)))).toThrow(/expected axes/);
  });
});
