/** @file The text of config.json: what Python writes is read, what would overflow a reader is refused first. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/base/errors.ts";
import { checkConfigSize, parseConfig } from "../../src/models/config/configJson.ts";

const NAME = "x/config.json";

describe("parseConfig(text, name)", () => {
  test("reads NaN and infinities, bare or as transformers 5 tags them", () => {
    const text = String.raw`{"a": NaN, "b": [Infinity, -Infinity], "c": {"__float__": "Infinity"}, "d": {"__float__": "NaN"}}`;
    expect(parseConfig(text, NAME)).toEqual({
      a: NaN,
      b: [Infinity, -Infinity],
      c: Infinity,
      d: NaN,
    });
  });

  test("leaves texts and keys that look like them, and other tags", () => {
    const text = String.raw`{"NaN": "Infinity", "a": "say \"NaN\" \\", "b": {"__float__": "big"}, "__proto__": 1}`;
    const value = parseConfig(text, NAME);
    expect(Object.entries(value)).toEqual([
      ["NaN", "Infinity"],
      ["a", String.raw`say "NaN" \ `.trimEnd()],
      ["b", { __float__: "big" }],
      ["__proto__", 1],
    ]);
  });

  test("reads whatever JSON.parse reads, as the same", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (value) => {
        const text = JSON.stringify(value);
        expect(parseConfig(text, NAME)).toEqual(JSON.parse(text));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
  const REFUSED: readonly (readonly [string, string, RegExp])[] = [
    ["text that is no JSON", "{a: 1}", /^x\/config\.json is not JSON: /],
    ["an empty file", "", /is not JSON/],
    ["a list", "[1]", /must be an object of keys/],
    ["a number", "NaN", /must be an object of keys/],
    ["65 levels", deep(65), /must be at most 64 levels deep, is 65/],
    ["100,000 levels", deep(100_000), /must be at most 64 levels deep/],
    ["levels that are never closed", "[".repeat(500_000), /must be at most 64 levels deep/],
    [
      "a million keys",
      `{${Array.from({ length: 1_000_000 }, (_, key) => `"${key}":1`).join()}}`,
      /must have at most 100000 keys, has 1000000/,
    ],
  ];
  test.for(REFUSED)("refuses %s with a sentence", ([, text, message]) => {
    expect(() => parseConfig(text, NAME)).toThrow(InputError);
    expect(() => parseConfig(text, NAME)).toThrow(message);
  });

  test("reads 64 levels", () => {
    expect(parseConfig(deep(64), NAME)).toHaveProperty("a.a.a");
  });

  test("20,000 mutated texts are read or refused with an InputError", () => {
    const original =
      '{"a": [1, NaN, {"b": "c\\n"}], "d": -Infinity, "e": null, "f": {"__float__": "NaN"}}';
    const pieces = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      '"',
      "\\",
      ":",
      ",",
      "NaN",
      "-",
      "Infinity",
      "1e999",
      "\u0000",
      "\ud800",
      "null",
    );
    const edit = fc.tuple(fc.nat(original.length), fc.nat(3), fc.oneof(pieces, fc.string()));
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        let text = original;
        for (const [at, cut, piece] of edits)
          text = text.slice(0, at) + piece + text.slice(at + cut);
        try {
          parseConfig(text, NAME);
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
        }
      }),
      { seed: 1, numRuns: 20_000 },
    );
  });
});

test("checkConfigSize refuses more than 1 MB by name", () => {
  expect(() => checkConfigSize(1024 * 1024, NAME)).not.toThrow();
  expect(() => checkConfigSize(1024 * 1024 + 1, NAME)).toThrow(
    /^x\/config\.json must be at most 1 MB, got 1048577 bytes$/,
  );
});
