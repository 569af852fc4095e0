/** @file Probes against heads and rows whose answer is known: the ideal head has 1, impostors 0, even attention its closed form. */
import { describe, expect, test } from "vitest";
import { tensor } from "../../../src/base/tensor.ts";
import { rankCorrelation } from "../../../src/measure/rankCorrelation.ts";
import { retrievalScore } from "../../../src/measure/retrieval.ts";
import { mostPredicted, suppressionScore } from "../../../src/measure/suppression.ts";
import { topOfEach } from "../../../src/measure/topOfEach.ts";
import type { Tokenizer } from "../../../src/text/tokenizer/tokenizer.ts";
import { needleRows } from "../../../src/studies/behaviours/probeRetrieval.ts";
import { tokenLists } from "../../../src/studies/behaviours/probeSuccessor.ts";
import { otherPosition } from "../../../src/studies/behaviours/probeSuppression.ts";
import { patternOf, RULES, SOURCE, type Rule } from "./idealHeads.ts";

/** One token for each word of a phrase. */
const tokenizer = {
  encode: (text: string) =>
    text.split(" ").flatMap((word) => (word === "" ? [] : [950 + word.length])),
} as unknown as Tokenizer;

describe("retrieval", () => {
  const rows = needleRows({ source: { ...SOURCE, examples: 8 }, tokenizer, texts: [] });
  if (typeof rows === "string") throw new Error(rows);
  const scoreOf = (rule: Rule, places: "answerPlaces" | "decoyPlaces", isSaid = true) =>
    rows.map(({ tokens, answer, [places]: keys }) => {
      const pattern = patternOf(rule, tokens);
      const steps = keys.map((key, at) => ({ query: answer - 1 + at, key, isSaid }));
      return retrievalScore(pattern, steps)[0]!;
    });
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

  test("hides two needles of one form and asks for one of them at the end", () => {
    for (const { tokens, answer, answerPlaces, decoyPlaces } of rows) {
      expect(answerPlaces.map((at) => tokens[at])).toEqual(tokens.slice(answer));
      expect(decoyPlaces.map((at) => tokens[at])).not.toEqual(tokens.slice(answer));
      expect(tokens.slice(answerPlaces[0]! - 8, answerPlaces[0]!)).toEqual(
        tokens.slice(answer - 8, answer),
      );
      expect(tokens.length).toBe(rows[0]!.tokens.length);
    }
    expect(new Set(rows.map(({ answerPlaces: [first] }) => first)).size).toBe(4); // depths
  });

  test("is 1 for a head that finds the needle by its context, and 0 for impostors", () => {
    const retriever: Rule = (tokens, query) => {
      const { answer, answerPlaces } = rows.find((row) =>
        row.tokens.every((id, at) => id === tokens[at]),
      )!;
      return query >= answer - 1 ? [answerPlaces[query - answer + 1]!] : [0];
    };
    expect(mean(scoreOf(retriever, "answerPlaces"))).toBe(1);
    expect(mean(scoreOf(retriever, "decoyPlaces"))).toBe(0);
    for (const rule of ["duplicateToken", "previousToken", "currentToken", "firstToken"] as const) {
      expect(mean(scoreOf(RULES[rule], "answerPlaces"))).toBe(0);
      expect(mean(scoreOf(RULES[rule], "decoyPlaces"))).toBe(0);
    }
  });

  test("is 0 for even attention, and for steps that the model would not say", () => {
    expect(mean(scoreOf(RULES.uniform, "answerPlaces"))).toBe(0);
    expect(mean(scoreOf(RULES.pairInduction, "answerPlaces"))).toBeGreaterThan(0.6);
    expect(mean(scoreOf(RULES.pairInduction, "answerPlaces", false))).toBe(0);
  });

  test("says why there are no rows", () => {
    const short = { source: { ...SOURCE, contextLength: 40 }, tokenizer, texts: [] };
    expect(needleRows(short)).toMatch(/its rows take \d+ tokens, and the model has 40 positions/);
    const words = { ...SOURCE.words!, concepts: new Map() };
    expect(needleRows({ ...short, source: { ...SOURCE, words } })).toMatch(/cuts 0 words/);
  });
});

describe("rankCorrelation", () => {
  test("is 1 for the same order, -1 for the opposite, shares ranks of ties, and is null for one number", () => {
    expect(rankCorrelation([1, 5, 2, 9], [10, 30, 20, 40])).toBe(1);
    expect(rankCorrelation([1, 2, 3], [3, 2, 1])).toBe(-1);
    expect(rankCorrelation([0, 0, 1], [0, 1, 2])).toBeCloseTo(Math.sqrt(3) / 2, 12);
    expect(rankCorrelation([1, 1], [1, 2])).toBeNull();
  });
});

describe("copy suppression", () => {
  const tokens = [0, 5, 6, 7, 5, 8];
  const size = tokens.length;
  /** Row 4 predicts 6, row 5 predicts 7. */
  const lens = tensor(
    ["query", "key"],
    [size, size],
    Float32Array.from({ length: size * size }, (_, at) =>
      at === 4 * size + 2 || at === 5 * size + 3 ? 9 : at % size === 0 ? 20 : 0,
    ),
  );
  const sources = mostPredicted(lens, tokens, (key) => key > 0);
  /** A head that writes `value` in its one entry wherever it looks, and every target is read by that entry. */
  const scoreOf = (rule: Rule, value: number) => {
    const { shape, data } = patternOf(rule, tokens);
    return suppressionScore(
      {
        pattern: tensor(["query", "key"], shape.slice(1), data),
        values: tensor(["key", "entry"], [size, 1], new Float32Array(size).fill(value)),
        directions: tensor(["query", "entry"], [size, 1], new Float32Array(size).fill(1)),
      },
      sources.map((source, query) => (query < 4 ? -1 : source)),
    );
  };
  const atPredicted: Rule = (_, query) => [Math.max(0, sources[query]!)];

  test("looks at the earlier token that is predicted most, no copy of the current one", () => {
    expect(sources.slice(4)).toEqual([2, 3]);
    expect(sources[0]).toBe(-1);
    expect(mostPredicted(lens, [0, 6, 6, 7, 6, 8], (key) => key > 0)[4]).toBe(3);
    expect(otherPosition({ tokens, start: 1 }, 4, 2, 0)).not.toBe(2);
    expect(otherPosition({ tokens: [0, 6, 6], start: 1 }, 2, 1, 0)).toBe(1);
  });

  test("is 1 for a head that lowers it by a logit, -1 for one that copies it, and 0 for impostors", () => {
    expect(scoreOf(atPredicted, -1)).toBe(1);
    expect(scoreOf(atPredicted, 1)).toBe(-1);
    expect(scoreOf(atPredicted, 0)).toBeCloseTo(0, 12); // looks, writes nothing
    for (const rule of ["duplicateToken", "currentToken", "firstToken"] as const)
      expect(scoreOf(RULES[rule], -1)).toBeCloseTo(0, 12);
  });

  test("gives even attention the mean of 1 / (d + 1), and no query null", () => {
    expect(scoreOf(RULES.uniform, -1)).toBeCloseTo((1 / 5 + 1 / 6) / 2, 6);
    const none = tensor(["query", "key"], [1, 1], new Float32Array(1));
    expect(suppressionScore({ pattern: none, values: none, directions: none }, [-1])).toBeNull();
  });
});

describe("successor", () => {
  const ids = new Map(
    [
      ..."Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
        .split(" ")
        .map((day) => ` ${day}`),
      ..."0 1 2 3 4 5 6".split(" "),
      "one",
      "two",
    ].map((text, id) => [text, id] as const),
  );
  const [days, digits, ...more] = tokenLists({ piece: (text) => ids.get(text) ?? null });

  test("takes lists as far as their items are one token, and closes the circular ones that are whole", () => {
    expect(more).toEqual([]); // two numbers are too few
    expect([days!.tokens.length, days!.inner.length]).toEqual([7, 7]);
    expect(days!.inner[6]).toEqual({ at: 6, next: 0, before: 5 });
    expect([digits!.tokens.length, digits!.inner.length]).toEqual([7, 5]);
  });

  test("knows the largest of each row, and none where numbers are equal", () => {
    const count = days!.tokens.length;
    const matrix = (top: (at: number) => number) =>
      Float64Array.from({ length: count * count }, (_, place) =>
        place % count === top(Math.floor(place / count)) ? 1 : 0,
      );
    const share = (tops: readonly number[], of: "next" | "before") =>
      days!.inner.filter((place) => tops[place.at] === place[of]).length / days!.inner.length;
    const next = topOfEach(
      matrix((at) => (at + 1) % count),
      count,
    );
    expect([share(next, "next"), share(next, "before")]).toEqual([1, 0]);
    const copier = topOfEach(
      matrix((at) => at),
      count,
    );
    expect([share(copier, "next"), share(copier, "before")]).toEqual([0, 0]);
    expect(topOfEach(new Float64Array(9), 3)).toEqual([-1, -1, -1]);
  });
});
