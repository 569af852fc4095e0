import { describe, expect, test } from "vitest";
import { random } from "../../../src/base/random.ts";
import type { ModelNumbers } from "../../../src/measure/certificate/certifiedModel.ts";
import { firstLayer } from "../../../src/measure/certificate/firstLayer.ts";
import { leastOf, mostOf } from "../../../src/measure/certificate/mixture.ts";
import { PARTS, shareIndex, sharesOf } from "../../../src/measure/certificate/shares.ts";

const draw = random(9);
const matrix = (rows: number, columns: number) => ({
  rows,
  columns,
  data: Float32Array.from({ length: rows * columns }, () => draw.normal()),
});
const head = () => ({
  query: matrix(3, 2),
  key: matrix(3, 2),
  value: matrix(3, 2),
  output: matrix(2, 3),
  ...{ queryBias: null, keyBias: null, valueBias: null },
});
const layer = () => ({
  ...{ norm: null, heads: [head()], outputBias: null, scale: 0.7, rotation: null },
});
const family = { tokens: 3, period: 2, bos: false };
const model: ModelNumbers = {
  embedding: matrix(3, 3),
  positions: matrix(4, 3),
  positionsIn: "stream",
  layers: [layer(), layer()],
  finalNorm: null,
  unembedding: matrix(3, 3),
  unembeddingBias: null,
  outputs: [0, 1, 2],
};

/** Plain float64 attention of the first layer, and a value of each state mixed by it. */
function mixed(tokens: readonly number[], position: number, numbers: (state: number) => number) {
  const { query, key } = model.layers[0].heads[0]!;
  const stream = (at: number) =>
    [0, 1, 2].map(
      (entry) =>
        model.embedding.data[tokens[at]! * 3 + entry]! + model.positions!.data[at * 3 + entry]!,
    );
  const times = (x: number[], { data }: typeof query) =>
    [0, 1].map((column) => x.reduce((sum, value, row) => sum + value * data[row * 2 + column]!, 0));
  const q = times(stream(position), query);
  const scores = Array.from({ length: position + 1 }, (_, at) => {
    const k = times(stream(at), key);
    return Math.exp(0.7 * (q[0]! * k[0]! + q[1]! * k[1]!));
  });
  const sum = scores.reduce((a, b) => a + b);
  const shares = scores.map((score) => score / sum);
  return {
    before: shares[position - 1]!,
    value: shares.reduce((all, share, at) => all + share * numbers(tokens[at]! * 4 + at), 0),
  };
}

describe("what the first layer may attend to", () => {
  const first = firstLayer(model, family);
  const shares = sharesOf(first, 0, family);

  test("its parts at both ends of the rest are shares of one", () => {
    const start = shareIndex(shares, 4, [1, 3, 2]);
    for (const end of [start, start + PARTS.length]) {
      const parts = shares.mid.subarray(end, end + PARTS.length);
      expect(parts.reduce((a, b) => a + b)).toBeCloseTo(1, 9);
      expect(parts[PARTS.indexOf("bos")]).toBe(0);
    }
    expect(shares.mid[start + 3]).toBeGreaterThan(shares.mid[start + PARTS.length + 3]!);
  });

  test("holds what any sequence mixes, for any numbers that are mixed", () => {
    const numbers = Array.from({ length: 12 }, () => draw.normal());
    const rest = (position: number) =>
      numbers.filter((_, state) => state % 4 < position - 1).concat(position < 2 ? [0] : []);
    for (let code = 0; code < 81; code++) {
      const tokens = [0, 1, 2, 3].map((at) => Math.floor(code / 3 ** at) % 3);
      for (let position = 1; position < 4; position++) {
        const [token, before] = [tokens[position]!, tokens[position - 1]!];
        const start = shareIndex(shares, 4, [token, position, before]);
        const parts = [
          numbers[token * 4 + position]!,
          numbers[before * 4 + position - 1]!,
        ] as const;
        const { value, before: paid } = mixed(tokens, position, (state) => numbers[state]!);
        const low = leastOf(shares, start, ...parts, 0, Math.min(...rest(position)));
        const high = mostOf(shares, start, ...parts, 0, Math.max(...rest(position)));
        expect(value).toBeGreaterThanOrEqual(low - 1e-12);
        expect(value).toBeLessThanOrEqual(high + 1e-12);
        expect(paid).toBeGreaterThanOrEqual(
          shares.mid[start + 1]! - shares.rad[start + 1]! - 1e-12,
        );
      }
    }
  });
});
