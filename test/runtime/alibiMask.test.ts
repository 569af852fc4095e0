import { describe, expect, test } from "vitest";
import { alibiSlopes, mptSlopes } from "../../src/models/decoder/alibi.ts";
import { fillInput } from "../../src/runtime/fill.ts";

const mask = (slopes: readonly number[], length: number, more: object = {}) =>
  fillInput({ kind: "alibiMask", slopes, window: null, ...more }, "float32", [
    slopes.length,
    length,
    length,
  ]);

describe("linear biases", () => {
  test("are slope (key - query), and minus infinity for keys after the query", () => {
    expect([...mask([0.5, 0.25], 3)]).toEqual(
      [0.5, 0.25].flatMap((slope) =>
        [
          [0, -Infinity, -Infinity],
          [-slope, 0, -Infinity],
          [-2 * slope, -slope, 0],
        ].flat(),
      ),
    );
  });

  test("with a window end where it does", () => {
    const row = [...mask([1], 4, { window: 2 })].slice(12);
    expect(row).toEqual([-Infinity, -Infinity, -1, 0]);
  });

  test("rounded are differences of bfloat16 products, times the scale", () => {
    // bfloat16(0.7071) = 0.70703125; times 3 = 2.12109375 -> 2.125, times 5 = 3.53515625 -> 3.53125
    const data = mask([2 ** -0.5], 6, { rounded: 0.5 });
    expect(data[5 * 6 + 3]).toBe(0.5 * (2.125 - 3.53125));
  });
});

describe("slopes", () => {
  test("of a power of two are 2^(-8 i / n)", () => {
    expect(alibiSlopes(4)).toEqual([0.25, 0.0625, 0.015625, 0.00390625]);
    expect(mptSlopes(4)).toEqual([0.25, 0.0625, 0.015625, 0.00390625]);
  });

  test("of 6 heads: BLOOM's are those of 4 and odd ones of 8, MPT's even ones of 8 and odd ones", () => {
    const eighth = (power: number) => 2 ** -power;
    expect(alibiSlopes(6)).toEqual([2, 4, 6, 8, 1, 3].map(eighth));
    expect(mptSlopes(6)).toEqual([2, 4, 6, 8, 1, 3].map(eighth));
    expect(mptSlopes(5)).toEqual([2, 4, 6, 8, 1].map(eighth));
  });
});
