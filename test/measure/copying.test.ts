import { Matrix } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { random } from "../../src/base/random.ts";
import { tensor } from "../../src/base/tensor.ts";
import { composition, compositionBaseline } from "../../src/measure/composition.ts";
import { directLogitEffect } from "../../src/bench/measure/directLogitEffect.ts";
import { denoiseEffect, noiseEffect } from "../../src/measure/effects.ts";
import { empiricalCopying } from "../../src/bench/measure/empiricalCopying.ts";
import {
  eigenvalueShare,
  ovCore,
  topShare,
  vocabularyProduct,
} from "../../src/measure/ovCopying.ts";

const { normal } = random(11);
const noise = (axes: readonly string[], shape: readonly number[]) =>
  tensor(
    axes,
    shape,
    Float32Array.from({ length: shape.reduce((left, right) => left * right, 1) }, normal),
  );
const matrix = (value: ReturnType<typeof noise>) =>
  Matrix.from1DArray(value.shape[0]!, value.shape[1]!, value.data);

describe("directLogitEffect(written, scale, targets, unembedding)", () => {
  const output = noise(["position", "head", "d_model"], [3, 2, 8]);
  const unembed = noise(["d_model", "d_vocab"], [8, 20]);
  const targets = [4, 0, 19];
  const scale = [2, 0.5, 1];

  /** The same from its definition: all logits of the normed head output, target minus mean. */
  function byDefinition(
    position: number,
    head: number,
    gain: readonly number[] | null,
    centring: boolean,
  ) {
    const c = [...output.data.slice((position * 2 + head) * 8, (position * 2 + head + 1) * 8)];
    const mean = centring ? c.reduce((sum, value) => sum + value, 0) / 8 : 0;
    const normed = c.map(
      (value, index) => ((value - mean) / scale[position]!) * (gain ? gain[index]! : 1),
    );
    const logits = Array.from({ length: 20 }, (_, id) =>
      normed.reduce((sum, value, index) => sum + value * unembed.data[index * 20 + id]!, 0),
    );
    return logits[targets[position]!]! - logits.reduce((sum, logit) => sum + logit, 0) / 20;
  }

  test("is the target's logit minus the mean logit, with LayerNorm, RMSNorm and no norm", () => {
    const gain = [1, 2, 0.5, 1, -1, 3, 1, 1];
    for (const [weights, centring] of [
      [gain, true],
      [gain, false],
      [null, false],
    ] as const) {
      const options = weights ? { unembed, centring, gain: weights } : { unembed, centring };
      const effects = directLogitEffect(output, scale, targets, options);
      expect(effects.shape).toEqual([3, 2]);
      for (let position = 0; position < 3; position++) {
        for (let head = 0; head < 2; head++) {
          const expected = byDefinition(position, head, weights, centring);
          expect(effects.data[position * 2 + head]).toBeCloseTo(expected, 5);
        }
      }
    }
  });

  test("lists all sizes that do not agree, and names a target outside the vocabulary", () => {
    expect(() =>
      directLogitEffect(output, [1], [1], { unembed, centring: true, gain: [1] }),
    ).toThrow("got 1 scales for 3 positions; 1 targets for 3 positions; 1 gains for d_model 8");
    expect(() => directLogitEffect(output, scale, [1, 2, 20], { unembed, centring: true })).toThrow(
      "needs targets from 0 to 19, got 20 at position 2",
    );
  });
});

describe("eigenvalueShare(matrix)", () => {
  test("is 1 for copying, -1 for anti-copying, and the trace over the sum of lengths in between", () => {
    expect(eigenvalueShare(Matrix.eye(4))).toBeCloseTo(1, 12);
    expect(eigenvalueShare(Matrix.eye(4).mul(-2))).toBeCloseTo(-1, 12);
    expect(eigenvalueShare(Matrix.diag([3, -1]))).toBeCloseTo(0.5, 12);
    expect(
      eigenvalueShare(
        new Matrix([
          [1, -1],
          [1, 1],
        ]),
      ),
    ).toBeCloseTo(2 / (2 * Math.SQRT2), 12); // 1 -+ i
  });

  test("is none for a zero matrix and for one without eigenvalues, never NaN", () => {
    expect(eigenvalueShare(Matrix.zeros(3, 3))).toBeNull();
    expect(
      eigenvalueShare(
        new Matrix([
          [0, 1],
          [0, 0],
        ]),
      ),
    ).toBeNull();
  });

  test("does not depend on the size of the weights", () => {
    const random4 = matrix(noise(["row", "column"], [4, 4]));
    expect(eigenvalueShare(Matrix.mul(random4, 1e-20))).toBeCloseTo(eigenvalueShare(random4)!, 9);
    expect(() => eigenvalueShare(Matrix.eye(2).mul(NaN))).toThrow("needs finite numbers, got NaN");
    expect(() => eigenvalueShare(Matrix.zeros(2, 3))).toThrow("needs a square matrix, got 2 x 3");
  });

  test("of the small core equals that of the whole circuit W_E W_V W_O W_U", () => {
    const value = noise(["d_model", "d_head"], [6, 2]);
    const output = noise(["d_head", "d_model"], [2, 6]);
    const embed = noise(["d_vocab", "d_model"], [9, 6]);
    const unembed = noise(["d_model", "d_vocab"], [6, 9]);
    const whole = matrix(embed).mmul(matrix(value)).mmul(matrix(output)).mmul(matrix(unembed));
    const small = ovCore({ value, output }, vocabularyProduct(unembed, embed));
    expect(small.rows).toBe(2);
    expect(small.trace()).toBeCloseTo(whole.trace(), 4);
    expect(eigenvalueShare(small)).toBeCloseTo(eigenvalueShare(whole)!, 4);
    const alone = matrix(value).mmul(matrix(output));
    expect(eigenvalueShare(ovCore({ value, output }))).toBeCloseTo(eigenvalueShare(alone)!, 4);
  });
});

describe("topShare(logits, ids, k)", () => {
  const logits = tensor(["token", "d_vocab"], [2, 4], Float32Array.from([9, 5, 1, 0, 3, 4, 3, 2]));

  test("is the share of rows whose own token is among the k largest", () => {
    expect(topShare(logits, [0, 2], 1)).toBe(0.5);
    expect(topShare(logits, [0, 2], 2)).toBe(1);
    expect(topShare(logits, [3, 3], 3)).toBe(0);
  });

  test("is none for a zero OV, and needs ids of the vocabulary", () => {
    expect(
      topShare(tensor(["token", "d_vocab"], [2, 4], new Float32Array(8)), [0, 1], 1),
    ).toBeNull();
    expect(() => topShare(logits, [0, 4], 1)).toThrow("needs ids from 0 to 3, got 4");
    expect(() => topShare(logits, [0], 1)).toThrow("one id per row, got 1 for 2");
  });
});

describe("empiricalCopying(pattern, logits, variant)", () => {
  const length = 5;
  const identity = Float32Array.from({ length: 25 }, (_, place) => (place % 6 === 0 ? 1 : 0));
  const of = (data: Float32Array) => tensor(["head", "query", "key"], [1, length, length], data);
  const attention = of(identity);

  test("is 1 for a head that raises only what it attends to", () => {
    for (const variant of ["olsson", "weighted", "plain"] as const) {
      expect(empiricalCopying(attention, of(identity), variant)).toEqual([1]);
    }
  });

  test("is -1 (plain: 0) for one that raises only others", () => {
    const others = of(identity.map((weight) => 1 - weight));
    expect(empiricalCopying(attention, others, "olsson")).toEqual([-1]);
    expect(empiricalCopying(attention, others, "weighted")).toEqual([-1]);
    expect(empiricalCopying(attention, others, "plain")).toEqual([0]);
  });

  test("has its null if all tokens are raised alike, and ignores what is lowered", () => {
    const alike = of(new Float32Array(25).fill(2));
    expect(empiricalCopying(attention, alike, "olsson")[0]).toBeCloseTo(4 / 6 - 1, 6);
    expect(empiricalCopying(attention, alike, "weighted")[0]).toBeCloseTo(2 / 5 - 1, 6);
    expect(empiricalCopying(attention, alike, "plain")[0]).toBeCloseTo(1 / 5, 6);
    const lowered = of(identity.map((weight) => (weight === 1 ? 1 : -3)));
    expect(empiricalCopying(attention, lowered, "olsson")).toEqual([1]);
  });

  test("is none for a head that raises nothing", () => {
    expect(empiricalCopying(attention, of(new Float32Array(25)), "olsson")).toEqual([null]);
    expect(() =>
      empiricalCopying(
        attention,
        tensor(["head", "query", "key"], [1, 1, 1], new Float32Array(1)),
        "plain",
      ),
    ).toThrow("needs logits of 1 x 5 x 5 like the pattern, got 1 x 1 x 1");
  });
});

describe("composition(earlier, later, route)", () => {
  const head = (width: number, size: number) => ({
    query: noise(["d_model", "d_head"], [width, size]),
    key: noise(["d_model", "d_head"], [width, size]),
    value: noise(["d_model", "d_head"], [width, size]),
    output: noise(["d_head", "d_model"], [size, width]),
  });

  test("is the ratio of the norms of the whole products", () => {
    const [earlier, later] = [head(7, 3), head(7, 3)];
    const ov = matrix(earlier.value).mmul(matrix(earlier.output));
    const qk = matrix(later.query).mmul(matrix(later.key).transpose());
    const whole = { q: qk, k: qk.transpose(), v: matrix(later.value).mmul(matrix(later.output)) };
    for (const route of ["q", "k", "v"] as const) {
      const expected = ov.mmul(whole[route]).norm() / ov.norm() / whole[route].norm();
      expect(composition(earlier, later, route)).toBeCloseTo(expected, 5);
    }
  });

  test("of random heads is 1 / sqrt(d_model) in the mean", () => {
    const scores = Array.from({ length: 20 }, () => composition(head(96, 8), head(96, 8), "k")!);
    const mean = scores.reduce((sum, score) => sum + score, 0) / 20;
    expect(mean / compositionBaseline(96)).toBeGreaterThan(0.95);
    expect(mean / compositionBaseline(96)).toBeLessThan(1.05);
    expect(compositionBaseline(768)).toBeCloseTo(0.03608, 5);
  });

  test("is none for a zero head, and needs one d_model", () => {
    const zero = {
      ...head(7, 3),
      value: tensor(["d_model", "d_head"], [7, 3], new Float32Array(21)),
    };
    expect(composition(zero, head(7, 3), "q")).toBeNull();
    expect(() => composition(head(7, 3), head(6, 3), "q")).toThrow(
      "heads of one d_model, got 7 and 6",
    );
  });
});

describe("denoiseEffect and noiseEffect", () => {
  const clean = Array.from({ length: 30 }, () => -2 + 0.1 * normal());
  const corrupted = clean.map((value) => value - 10 + normal());

  test("are 0 without effect and 1 with all of it, never clipped", () => {
    expect(denoiseEffect({ clean, corrupted, patched: corrupted }).effect).toBe(0);
    expect(denoiseEffect({ clean, corrupted, patched: clean }).effect).toBe(1);
    expect(noiseEffect({ clean, corrupted, patched: clean }).effect).toBe(0);
    expect(noiseEffect({ clean, corrupted, patched: corrupted }).effect).toBe(1);
    const more = clean.map((value, sequence) => value + 0.5 * (value - corrupted[sequence]!));
    expect(denoiseEffect({ clean, corrupted, patched: more }).effect).toBeCloseTo(1.5, 9);
    expect(noiseEffect({ clean, corrupted, patched: more }).effect).toBeCloseTo(-0.5, 9);
  });

  test("refuse a corruption that does nothing", () => {
    const same = clean.map((value) => value + 0.1 * normal());
    expect(() => denoiseEffect({ clean, corrupted: same, patched: clean })).toThrow(
      /3 standard errors/,
    );
  });
});
