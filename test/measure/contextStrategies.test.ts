/** @file Ways of counting in a context against what they are by definition, and models that follow one of them. */
import { describe, expect, test } from "vitest";
import { random } from "../../src/base/random.ts";
import { tensor } from "../../src/base/tensor.ts";
import {
  followedStrategy,
  STRATEGIES,
  strategyPredictions,
  type Strategy,
} from "../../src/measure/contextStrategies.ts";
import { markovRow } from "../../src/text/patterns/markovRow.ts";
import { markovRows } from "../../src/text/patterns/markovRows.ts";

const SYMBOLS = 3;
const CHAINS = Array.from({ length: 8 }, (_, row) => markovRow(random(3, row), SYMBOLS, 96));

/** A model that predicts by a strategy alone. */
function modelOf(strategy: Strategy) {
  const logs = CHAINS.flatMap((row) =>
    Array.from(strategyPredictions(row, SYMBOLS)[strategy], (p) => Math.log(p)),
  );
  const shape = [CHAINS.length, 96, SYMBOLS];
  return tensor(["batch", "position", "symbol"], shape, Float32Array.from(logs));
}

describe("strategyPredictions(row, symbols)", () => {
  test("counts what followed the same symbols so far, plus one for each", () => {
    const transitions = [0.5, 0.25, 0.25, 1, 0, 0, 0, 0, 1];
    const predictions = strategyPredictions({ states: [0, 1, 0, 1, 0], transitions }, 3);
    const last = (name: Strategy) => [...predictions[name].subarray(12)];
    expect(last("uniform")).toEqual([1 / 3, 1 / 3, 1 / 3]);
    expect(last("unigram")).toEqual([4 / 8, 3 / 8, 1 / 8]);
    expect(last("bigram")).toEqual([1 / 5, 3 / 5, 1 / 5]); // after 0 came 1 twice
    expect(last("trigram")).toEqual([1 / 4, 2 / 4, 1 / 4]); // after 1 0 came 1 once
    expect(last("chain")).toEqual([0.5, 0.25, 0.25]);
    for (const name of STRATEGIES)
      for (let at = 0; at < 15; at += 3)
        expect(predictions[name].subarray(at, at + 3).reduce((a, b) => a + b)).toBeCloseTo(1, 12);
  });

  test("refuses transitions of another number of symbols", () => {
    expect(() => strategyPredictions({ states: [0], transitions: [1] }, 2)).toThrow(
      /needs 2 x 2 transitions for 2 symbols, got 1 numbers/,
    );
  });
});

describe("followedStrategy(logProbs, rows)", () => {
  test.each(["uniform", "unigram", "bigram", "trigram"] as const)(
    "is 0 for a model that predicts by %s counts, and more for every other strategy",
    (strategy) => {
      const { divergence, follows } = followedStrategy(modelOf(strategy), CHAINS);
      expect(follows).toBe(strategy);
      expect(divergence[strategy]).toBeCloseTo(0, 6);
      for (const other of STRATEGIES)
        if (other !== strategy) expect(divergence[other]).toBeGreaterThan(0.005);
    },
  );

  test("has log k as cross-entropy of uniform predictions with each strategy", () => {
    const { crossEntropy } = followedStrategy(modelOf("uniform"), CHAINS);
    for (const name of STRATEGIES) expect(crossEntropy[name]).toBeCloseTo(Math.log(SYMBOLS), 6);
  });

  test("leaves out what stands before the row's first symbol", () => {
    const { data } = modelOf("bigram");
    const shape = [CHAINS.length, 97, SYMBOLS];
    const later = new Float32Array(CHAINS.length * 97 * SYMBOLS).fill(NaN);
    CHAINS.forEach((_, row) =>
      later.set(
        data.subarray(row * 96 * SYMBOLS, (row + 1) * 96 * SYMBOLS),
        (row * 97 + 1) * SYMBOLS,
      ),
    );
    const logs = tensor(["batch", "position", "symbol"], shape, later);
    expect(followedStrategy(logs, CHAINS, 1)).toEqual(followedStrategy(modelOf("bigram"), CHAINS));
    expect(() => followedStrategy(logs, CHAINS)).toThrow(/8 rows of 96 positions, got 8 of 97/);
  });
});

describe("markovRows(options, {symbols, length})", () => {
  const options = { seed: 5, examples: 40, bos: 0, ordinary: [3, 4, 5, 6, 7, 8] };

  test("draws symbols for each row, whose tokens follow the row's chain", () => {
    const { tokens, start, symbolTokens, chains } = markovRows(options, {
      symbols: 2,
      length: 400,
    });
    expect([start, tokens.shape, symbolTokens.shape]).toEqual([1, [40, 401], [40, 401, 2]]);
    const alphabets = new Set<string>();
    chains.forEach(({ states, transitions }, row) => {
      const ids = [...symbolTokens.data.subarray(row * 401 * 2, row * 401 * 2 + 2)];
      alphabets.add(ids.join());
      expect([...tokens.data.subarray(row * 401 + 1, (row + 1) * 401)]).toEqual(
        Array.from(states, (state) => ids[state]!),
      );
      const after = [...states.keys()].filter((at) => at < 399 && states[at] === 0);
      const stayed = after.filter((at) => states[at + 1] === 0).length;
      const spread = Math.sqrt((transitions[0]! * transitions[1]!) / Math.max(1, after.length));
      expect(Math.abs(stayed / Math.max(1, after.length) - transitions[0]!)).toBeLessThan(
        4 * spread + 0.02,
      );
    });
    expect(alphabets.size).toBeGreaterThan(5);
  });

  test("takes the very tokens that it is given", () => {
    const { tokens } = markovRows({ ...options, bos: null }, { symbols: [0, 9], length: 50 });
    expect(new Set(tokens.data)).toEqual(new Set([0, 9]));
  });
});
