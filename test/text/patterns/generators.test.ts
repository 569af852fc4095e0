import { describe, expect, test } from "vitest";
import {
  allPatterns,
  PATTERN_NAMES,
  tokenPattern,
  type GeneratorOptions,
} from "../../../src/text/patterns/generators.ts";
import { ordinaryTokens } from "../../../src/text/patterns/ordinaryTokens.ts";

const options: GeneratorOptions = {
  seed: 3,
  examples: 4,
  period: 8,
  bos: 0,
  ordinary: ordinaryTokens(60, [0]),
};
const rowOf = ({ tokens }: { tokens: { shape: readonly number[]; data: Int32Array } }, row = 0) => [
  ...tokens.data.slice(row * tokens.shape[1]!, (row + 1) * tokens.shape[1]!),
];

describe("tokenPattern(name, options)", () => {
  test.each(PATTERN_NAMES)(
    "%s: every query's token came `period` before, and no other copy is nearer",
    (name) => {
      const pattern = tokenPattern(name, options);
      for (const row of [0, 1, 2, 3]) {
        const tokens = rowOf(pattern, row);
        expect(tokens[0]).toBe(0);
        expect(pattern.queries.length).toBeGreaterThan(0);
        for (const query of pattern.queries) {
          expect(tokens.lastIndexOf(tokens[query]!, query - 1)).toBe(query - pattern.period);
        }
        const others = tokens.flatMap((_, query) =>
          pattern.queries.includes(query) ? [] : [query],
        );
        for (const query of others) expect(tokens.indexOf(tokens[query]!)).toBe(query);
      }
    },
  );

  test("copy has a separator between copies that are S + 1 apart, drawn or given", () => {
    const { tokens, period } = tokenPattern("copy", { ...options, separator: 0 });
    const row = rowOf({ tokens });
    expect([period, row.length, row[9]]).toEqual([9, 18, 0]);
    expect(row.slice(1, 9)).toEqual(row.slice(10));
  });

  test("embedded repeats A B, or A alone, in tokens that are all different", () => {
    const pair = rowOf(tokenPattern("embedded", options));
    expect(pair.length).toBe(17);
    expect(pair.slice(-2)).toEqual(pair.slice(7, 9));
    expect(new Set(pair).size).toBe(15);
    const single = tokenPattern("embedded", { ...options, recurring: 1 });
    expect(single.queries).toEqual([16]);
    expect(new Set(rowOf(single)).size).toBe(16);
  });

  test("periodic has as many copies as asked, abab only two tokens and is not for measuring", () => {
    expect(rowOf(tokenPattern("periodic", { ...options, copies: 3 })).length).toBe(25);
    const abab = tokenPattern("abab", options);
    expect([abab.period, abab.measurable, new Set(rowOf(abab)).size]).toEqual([2, false, 3]);
  });

  test("all gives each of them, the same as alone", () => {
    const all = allPatterns(options);
    expect(Object.keys(all)).toEqual(["repeated", "abab", "copy", "embedded", "periodic"]);
    expect(all.copy).toEqual(tokenPattern("copy", options));
  });

  test.each([
    [
      "copy",
      { period: 59 },
      "copy with period 59 needs 60 different ordinary tokens, the vocabulary has 59",
    ],
    ["embedded", { period: 3 }, "embedded needs a period of at least 4 tokens, got 3"],
    ["embedded", { period: 31 }, "embedded with period 31 needs 60 different ordinary tokens"],
    ["periodic", { copies: 1 }, "periodic needs at least 2 copies, got 1"],
  ] as const)("refuses %s with %o", (name, change, message) => {
    expect(() => tokenPattern(name, { ...options, ...change })).toThrow(message);
  });
});
