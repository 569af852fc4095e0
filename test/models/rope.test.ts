/** @file Rotary tables of every kind against transformers' own, for many configurations and lengths of a run. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { frequenciesOf } from "../../src/graph/rotaryTable.ts";
import {
  layerRopeKeys,
  reachOf,
  ropeKeys,
  ropeOf,
  ropesByLayerType,
  type Rope,
} from "../../src/models/config/rope.ts";
import { fillInput } from "../../src/runtime/fill.ts";

interface Case {
  readonly model_type: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly headSize: number;
  readonly defaults: { readonly theta: number; readonly part: number };
  readonly thetas?: Readonly<Record<"full_attention" | "sliding_attention", number>>;
  readonly runs: readonly {
    readonly length: number;
    readonly layer?: "full_attention" | "sliding_attention";
    readonly frequencies: readonly number[];
    readonly factor: number;
  }[];
}

const FIXTURE = join(import.meta.dirname, "../fixtures/rope/vectors.json");
/** More cases of tools/make_rope_vectors.py, in a file of one's own choice. */
const more = process.env["INDUCTION_LENS_ROPE_VECTORS"];
const { cases, max_position_embeddings } = JSON.parse(readFileSync(more ?? FIXTURE, "utf8")) as {
  cases: Case[];
  max_position_embeddings: number;
};

/** The reference computes in float32. */
const TOLERANCE = 2e-6;

const flatSchema = z.object({ ...ropeKeys, max_position_embeddings: z.number() });
const layerSchema = z.object({ ...layerRopeKeys, max_position_embeddings: z.number() });

function tableOf({ config: settings, headSize, defaults, thetas }: Case) {
  const { rotary_pct: part, rotary_emb_base: base, ...rest } = settings;
  const config = {
    ...rest,
    ...(part !== undefined && { partial_rotary_factor: part }),
    ...(base !== undefined && { rope_theta: base }),
    max_position_embeddings,
  };
  if (!thetas) {
    const rope = ropeOf(flatSchema.parse(config), headSize, defaults);
    return () => rope;
  }
  const of = (type: keyof typeof thetas) => ({ headSize, theta: thetas[type], part: 1 });
  const ropes = ropesByLayerType(layerSchema.parse(config), {
    full_attention: { ...of("full_attention"), thetaKey: "rope_theta", scaled: true },
    sliding_attention: {
      ...of("sliding_attention"),
      thetaKey: "rope_local_base_freq",
      scaled: false,
    },
  });
  return (layer: keyof typeof thetas = "full_attention") => ropes[layer];
}

function expectClose(got: readonly number[], want: readonly number[]): void {
  expect(got).toHaveLength(want.length);
  got.forEach((value, index) => {
    const near = Math.abs(value - want[index]!) <= TOLERANCE * want[index]!;
    if (!near) expect.fail(`frequency ${index} is ${value}, the reference has ${want[index]}`);
  });
}

describe("ropeOf(config, headSize, defaults), ropesByLayerType(config, types)", () => {
  test.for(cases)("$model_type with $config is as in transformers at every length", (sample) => {
    const rope = tableOf(sample);
    for (const { length, layer, frequencies, factor } of sample.runs) {
      expectClose(frequenciesOf(rope(layer), length), frequencies);
      expect(rope(layer).factor).toBeCloseTo(factor, 6);
    }
  });

  test("su is longrope", () => {
    const rope_scaling = { short_factor: [1, 2, 3, 4], long_factor: [5, 6, 7, 8] };
    const [su, renamed] = ["su", "longrope"].map((type) =>
      ropeOf(
        {
          rope_scaling: { type, ...rope_scaling },
          max_position_embeddings,
          original_max_position_embeddings: 16,
        },
        8,
        { theta: 1e4, part: 1 },
      ),
    );
    expect(su).toEqual(renamed);
    expect(su!.longer).toMatchObject({ kind: "table", above: 16 });
  });

  const flat = (rope_parameters: Record<string, unknown>, headSize = 8) =>
    ropeOf({ rope_parameters, max_position_embeddings }, headSize, { theta: 1e4, part: 1 });
  const layers = (rope_parameters: Record<string, unknown>) =>
    ropesByLayerType(
      { rope_parameters, max_position_embeddings },
      {
        full_attention: { headSize: 8, theta: 1e4, part: 1, thetaKey: "rope_theta", scaled: true },
      },
    );
  const REFUSED: readonly (readonly [string, () => unknown, RegExp])[] = [
    [
      "an unknown kind",
      () => flat({ rope_type: "axial" }),
      /rope type axial is not supported \(only default, linear/,
    ],
    [
      "a kind of Object's own",
      () => flat({ rope_type: "constructor" }),
      /constructor is not supported/,
    ],
    [
      "linear without a factor",
      () => flat({ rope_type: "linear" }),
      /rope type linear needs factor/,
    ],
    [
      "two kinds",
      () => flat({ rope_type: "linear", type: "yarn", factor: 2 }),
      /two values of rope_type: linear and yarn/,
    ],
    [
      "dynamic with one pair",
      () => flat({ rope_type: "dynamic", factor: 2 }, 2),
      /needs more than 2 entries that are turned, got 2/,
    ],
    [
      "factors that are too few",
      () => flat({ rope_type: "longrope", short_factor: [1, 2], long_factor: [1, 2] }),
      /short_factor needs 4 factors, one for each pair, has 2/,
    ],
    [
      "numbers without a result",
      () => flat({ rope_type: "yarn", factor: 2, rope_theta: 1 }),
      /needs a rope_theta other than 1/,
    ],
    [
      "numbers whose logarithms have no quotient",
      () =>
        flat({
          rope_type: "longrope",
          original_max_position_embeddings: 1,
          short_factor: [1, 1, 1, 1],
          long_factor: [1, 1, 1, 1],
        }),
      /not finite/,
    ],
    [
      "a table by layers where there is one",
      () => flat({ full_attention: { rope_theta: 5 } }),
      /has full_attention apart, but layers of this family have one rope for all/,
    ],
    [
      "one table where there are several",
      () => layers({ rope_theta: 5 }),
      /needs an entry for each type of layers \(full_attention\), has rope_theta/,
    ],
    [
      "a key of a wrong type in one of them",
      () => layers({ full_attention: { factor: "2" } }),
      /rope_parameters\.full_attention\.factor must be a number, got "2"/,
    ],
  ];
  test.for(REFUSED)("refuses %s", ([, make, message]) => {
    expect(make).toThrow(message);
  });

  test("ignores truncate in an entry for a type of layers, as transformers does", () => {
    const yarn = { rope_type: "yarn", factor: 2, original_max_position_embeddings: 64 };
    const [own, plain] = [{ ...yarn, truncate: false }, yarn].map((entry) =>
      layers({ full_attention: entry }),
    );
    expect(own).toEqual(plain);
  });

  test("yarn on an odd part other than 3 is refused, as the reference fails there", () => {
    const yarn = { rope_type: "yarn", partial_rotary_factor: 0.5, factor: 2 };
    expect(() => flat(yarn, 10)).toThrow(
      "rope type yarn needs 3 or an even number of entries that are turned, got 5",
    );
  });
});

describe("a rotary table of a run", () => {
  const rope: Rope = {
    frequencies: [1, 0.5],
    factor: 1.5,
    longer: { kind: "table", above: 3, frequencies: [0.25, 0.125] },
  };

  test("is factor times cos or sin of position x frequency, by the length of the run", () => {
    for (const [positions, frequencies] of [
      [3, rope.frequencies],
      [4, [0.25, 0.125]],
    ] as const) {
      const cos = fillInput({ kind: "rotary", part: "cos", ...rope }, "float32", [positions, 2]);
      const want = Array.from({ length: positions }, (_, position) =>
        frequencies.map((frequency) => Math.fround(1.5 * Math.cos(position * frequency))),
      );
      expect([...cos]).toEqual(want.flat());
    }
  });

  test("of a dynamic kind reaches factor x max_position_embeddings", () => {
    const dynamic: Rope = {
      frequencies: [1, 0.5],
      factor: 1,
      longer: { kind: "dynamic", above: 64, factor: 2.5, entries: 4 },
    };
    expect(reachOf(dynamic, 64)).toBe(160);
    expect(reachOf(rope, 64)).toBe(64);
  });
});
