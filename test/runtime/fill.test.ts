import { describe, expect, test } from "vitest";
import { fillInput } from "../../src/runtime/fill.ts";

/** Keys that each query sees, as `first-last`. */
function seenKeys(length: number, window: number | null, chunk?: number): string[] {
  const fill = { kind: "causalMask", window, ...(chunk !== undefined && { chunk }) } as const;
  const mask = [...fillInput(fill, "float32", [length, length])];
  return Array.from({ length }, (_, query) => {
    const row = mask.slice(query * length, (query + 1) * length);
    expect(row.every((value) => value === 0 || value === -Infinity)).toBe(true);
    return `${row.indexOf(0)}-${row.lastIndexOf(0)}`;
  });
}

describe("a causal mask", () => {
  test("with chunks lets a query see its own chunk, up to itself", () => {
    expect(seenKeys(7, null, 3)).toEqual(["0-0", "0-1", "0-2", "3-3", "3-4", "3-5", "6-6"]);
  });

  test("with a window and chunks lets it see what both let it see", () => {
    expect(seenKeys(6, 2, 4)).toEqual(["0-0", "0-1", "1-2", "2-3", "4-4", "4-5"]);
  });
});

test.each([
  [1, [0, 0, 1, 1, 1, 2, 2, 2, 3]],
  [0, [0, 0, 0, 1, 1, 1, 2, 2, 2]],
])(
  "a temperature is 1 + scale ln(1 + n), where n counts the whole floors, the first position counting %i",
  (first, counts) => {
    const fill = { kind: "temperature", first, floor: 3, scale: 0.5 } as const;
    const values = fillInput(fill, "float32", [9]);
    counts.forEach((floors, position) =>
      expect(values[position]).toBeCloseTo(1 + 0.5 * Math.log(1 + floors), 6),
    );
  },
);
