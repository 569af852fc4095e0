import { describe, expect, test } from "vitest";
import * as fc from "fast-check";
import { findRepeats, groupRepeats, LONGEST_NGRAM } from "../../../src/text/repeats.ts";

describe("findRepeats(tokens)", () => {
  test("finds the earlier copy that agrees longest, how far it is and what came next", () => {
    //              0  1  2  3  4  5  6  7  8  9
    const tokens = [1, 2, 3, 9, 4, 3, 8, 2, 3, 9];
    expect(findRepeats(tokens)).toEqual([
      { query: 5, copy: 2, key: 3, distance: 3, ngram: 1, copies: 1, continues: false },
      { query: 7, copy: 1, key: 2, distance: 6, ngram: 1, copies: 1, continues: true },
      { query: 8, copy: 2, key: 3, distance: 6, ngram: 2, copies: 1, continues: true },
      { query: 9, copy: 3, key: 4, distance: 6, ngram: 3, copies: 1, continues: null },
    ]);
  });

  test("prefers the last of equally long copies and counts them", () => {
    const [, repeat] = findRepeats([1, 5, 6, 1, 7, 8, 1]);
    expect(repeat).toMatchObject({ query: 6, copy: 3, ngram: 1, copies: 2 });
  });

  test("leaves out A A always and A B A unless asked", () => {
    expect(findRepeats([1, 1])).toEqual([]);
    expect(findRepeats([1, 2, 1])).toEqual([]);
    expect(findRepeats([1, 2, 1], { adjacent: true })).toMatchObject([
      { query: 2, copy: 0, key: 1 },
    ]);
    expect(findRepeats([1, 1, 1], { adjacent: true })).toMatchObject([{ query: 2, copy: 0 }]);
  });

  test("lets positions before start take no part, and finds nothing where nothing repeats", () => {
    expect(
      findRepeats([1, 2, 3, 1, 2, 3], { start: 1 }).map(({ query, ngram }) => [query, ngram]),
    ).toEqual([
      [4, 1],
      [5, 2],
    ]);
    expect(findRepeats([1, 2, 3])).toEqual([]);
    expect(findRepeats([])).toEqual([]);
    expect(() => findRepeats([1], { start: -1 })).toThrow(
      "findRepeats needs a start from 0 up, got -1",
    );
  });

  test("agrees with its definition on random sequences", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { maxLength: 30 }), (tokens) => {
        for (const { query, copy, ngram } of findRepeats(tokens)) {
          expect(copy).toBeLessThan(query - 2);
          expect(tokens.slice(query - ngram + 1, query + 1)).toEqual(
            tokens.slice(copy - ngram + 1, copy + 1),
          );
          const longer = tokens[query - ngram] === tokens[copy - ngram] && copy - ngram >= 0;
          if (ngram < LONGEST_NGRAM) expect(longer).toBe(false);
        }
        const queries = tokens.flatMap((id, query) =>
          tokens.slice(0, Math.max(0, query - 2)).includes(id) ? [query] : [],
        );
        expect(findRepeats(tokens).map(({ query }) => query)).toEqual(queries);
      }),
    );
  });
});

describe("groupRepeats(repeats)", () => {
  test("groups by n-gram and octave of distance, and loses none", () => {
    const tokens = [1, 2, 3, 4, 5, 1, 2, 3, 9, 8, 7, 6, 11, 12, 13, 14, 1];
    const repeats = findRepeats(tokens);
    const groups = groupRepeats(repeats);
    expect(
      groups.map(({ ngram, least, most, repeats: members }) => [
        ngram,
        least,
        most,
        members.length,
      ]),
    ).toEqual([
      [1, 4, 8, 1],
      [1, 8, 16, 1],
      [2, 4, 8, 1],
      [3, 4, 8, 1],
    ]);
    expect(groups.flatMap((group) => group.repeats).length).toBe(repeats.length);
  });
});
