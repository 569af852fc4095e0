/** @file The gradient of every operation: against numeric differentiation in float64, then on every engine. */
import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { random } from "../../../src/base/random.ts";
import { builder, type Builder, type Name } from "../../../src/graph/builder.ts";
import type { Program } from "../../../src/graph/program.ts";
import type { OpName } from "../../../src/graph/ops.ts";
import { gradient } from "../../../src/graph/gradient/gradient.ts";
import { RULES } from "../../../src/graph/gradient/rules.ts";
import { backends } from "../../runtime/backends.ts";
import { drawInputs, expectEngines, expectGradient, weighted } from "./check.ts";

const engines = await backends();
const STREAM = { batch: "batch", position: "position" } as const;

/** Values that a small program makes; the gradient is taken of all of them, weighted, together. */
const CASES: Readonly<Record<string, (b: Builder) => readonly Name[]>> = {
  "elementwise operations stretch by axis name": (b) => {
    const x = b.input("x", "float32", { ...STREAM, head: 3, d_head: 4 });
    const y = b.input("y", "float32", { batch: "batch", head: 3 });
    const thin = b.input("thin", "float32", { ...STREAM, head: 1, d_head: 4 });
    const vector = b.input("one", "float32", { d_head: 4 });
    const number = b.input("number", "float32", {});
    const on = b.input("on", "bool", { batch: "batch", head: 3 });
    const positive = b.op("exp", [y], {});
    return [
      b.op("add", [x, y], {}),
      b.op("add", [thin, x], {}),
      b.op("sub", [y, x], {}),
      b.op("sub", [x, thin], {}),
      b.op("mul", [vector, x], {}),
      b.op("mul", [x, number], {}),
      b.op("mul", [x, x], {}),
      b.op("div", [x, positive], {}),
      b.op("div", [vector, b.op("exp", [thin], {})], {}),
      b.op("where", [on, x, y], {}),
      b.op("where", [on, vector, x], {}),
      b.op("where", [b.op("greater", [x, y], {}), x, thin], {}),
    ];
  },
  "functions of one value": (b) => {
    const x = b.input("x", "float32", { batch: "batch", d_mlp: 7 });
    const positive = b.op("exp", [x], {});
    return [
      positive,
      b.op("log", [positive], {}),
      b.op("sqrt", [positive], {}),
      b.op("tanh", [x], {}),
      b.op("relu", [x], {}),
      b.op("sigmoid", [x], {}),
      b.op("erf", [x], {}),
      b.op("gelu", [x], { approximate: "none" }),
      b.op("gelu", [x], { approximate: "tanh" }),
      b.op("silu", [x], {}),
      b.op("silu", [x], { beta: 1.702 }),
      b.op("softplus", [x], {}),
      b.op("clamp", [x], { low: -0.5, high: 0.7 }),
      b.op("clamp", [b.op("exp", [x], {})], { high: 1.1 }),
    ];
  },
  "reductions and softmax": (b) => {
    const x = b.input("x", "float32", { batch: "batch", head: 3, query: "position", key: 6 });
    return [
      b.op("softmax", [x], { axis: "key" }),
      b.op("softmax", [x], { axis: "head" }),
      b.op("logSumExp", [x], { axis: "key" }),
      b.op("logSumExp", [x], { axis: "query" }),
      b.op("sum", [x], { axes: ["head", "key"] }),
      b.op("mean", [x], { axes: ["batch"] }),
      b.op("mean", [x], { axes: ["query", "head"] }),
      b.op("stretch", [b.op("sum", [x], { axes: ["batch"] }), x], {}),
      b.op("mul", [x, b.op("count", [x], { axes: ["query"] })], {}),
    ];
  },
  "shifts, running sums, convolutions and recurrences along a sequence": (b) => {
    const x = b.input("x", "float32", { ...STREAM, channel: 3 });
    const w = b.input("w", "float32", { channel: 3, tap: 3 });
    const sizes = { ...STREAM, channel: 3, state: 2 };
    const a = b.op("sigmoid", [b.input("a", "float32", sizes)], {});
    const u = b.input("u", "float32", sizes);
    return [false, true].flatMap((reverse) => [
      b.op("shift", [x], { axis: "position", by: reverse ? -2 : 1 }),
      b.op("cumulate", [u], { axis: "position", reverse }),
      b.op("convolve", [x, w], { axis: "position", reverse }),
      b.op("recur", [a, u], { axis: "position", reverse }),
    ]);
  },
  "norms with their own scale": (b) => {
    const { x, w, bias } = normInputs(b);
    const own = b.op("scale", [x], LAYER);
    const ownRms = b.op("scale", [x], RMS);
    const normed = b.op("norm", [x, ownRms], RMS);
    return [
      b.op("norm", [x, own], LAYER),
      b.op("norm", [x, own, w, bias], LAYER),
      normed,
      b.op("norm", [x, ownRms, w], RMS),
      b.op("gain", [normed, w], {}),
    ];
  },
  "norms with a scale from elsewhere, and scales": (b) => {
    const { x, w, bias } = normInputs(b);
    const ownScale = b.op("exp", [b.input("s", "float32", { ...STREAM, d_model: 1 })], {});
    return [
      b.op("scale", [x], LAYER),
      b.op("scale", [x], RMS),
      b.op("norm", [x, ownScale], LAYER),
      b.op("norm", [x, ownScale, w, bias], LAYER),
      b.op("norm", [x, ownScale, w], RMS),
      b.op("gain", [b.op("norm", [x, ownScale], RMS), w], {}),
      b.op("norm", [w, b.op("scale", [w], LAYER)], LAYER),
    ];
  },
  rotary: (b) => {
    const x = b.input("x", "float32", { ...STREAM, head: 2, d_head: 10 });
    const table = (name: string, pairs: number) =>
      b.input(name, "float32", { position: "position", rotary: pairs });
    const [cos, sin, cosAll, sinAll] = [table("c", 3), table("s", 3), table("C", 5), table("S", 5)];
    return [true, false].flatMap((interleaved) => [
      b.op("rotary", [x, cos, sin], { interleaved }),
      b.op("rotary", [x, cosAll, sinAll], { interleaved }),
    ]);
  },
  "indexing and its transposes": (b) => {
    const table = b.input("table", "float32", { d_vocab: 7, d_model: 4 });
    const large = b.input("large", "float32", { d_vocab: 1040, d_model: 2, part: 2 });
    const ids = b.input("ids", "int32", STREAM, { below: 7 });
    const rows = b.input("rows", "int32", { row: "rows" }, { below: 2 });
    const wide = b.input("wide", "float32", { ...STREAM, d_vocab: 7 });
    const x = b.gather(table, ids);
    const y = b.gather(large, ids);
    const picked = b.op("pick", [wide, ids], {});
    const merged = { axis: "entry", merge: ["position", "d_vocab"] };
    return [
      b.op("tanh", [x], {}),
      b.op("tanh", [y], {}),
      ...["batch", "d_model"].map((axis) => b.op("take", [x, rows], { axis })),
      b.op("addTaken", [x, rows, b.op("take", [x, rows], { axis: "batch" })], { axis: "batch" }),
      b.op("tanh", [b.op("take", [wide, rows], merged)], {}),
      b.op("addTaken", [wide, rows, b.op("take", [wide, rows], merged)], merged),
      b.op("tanh", [picked], {}),
      b.op("addGathered", [table, ids, x], {}),
      b.op("addPicked", [wide, ids, picked], {}),
      b.op("logSumExp", [wide], { axis: "d_vocab" }),
    ];
  },
  "products with a matrix that each row chooses, by the largest scores": (b) => {
    const scores = b.input("scores", "float32", { ...STREAM, expert: 4 });
    const x = b.input("x", "float32", { ...STREAM, d_model: 3 });
    const matrices = (name: string, sizes: Readonly<Record<string, number>>) =>
      Array.from({ length: 4 }, (_, expert) => b.input(`${name}${expert}`, "float32", sizes));
    const ids = b.op("topK", [scores], { count: 2, into: "slot" });
    const inner = b.op("routed", [x, ids, ...matrices("in", { d_mlp: 2, d_model: 3 })], {});
    const outer = b.op("routed", [inner, ids, ...matrices("out", { d_mlp: 2, d_out: 3 })], {});
    const share = b.op("softmax", [b.op("pick", [scores, ids], {})], { axis: "slot" });
    const marks = b.op("oneHot", [ids], { axis: "expert", size: 4 });
    return [
      b.contract(outer, share, ["batch", "position", "d_out"]),
      b.mul(scores, b.op("sum", [marks], { axes: ["slot"] })),
    ];
  },
  shapes: (b) => {
    const x = b.input("x", "float32", { ...STREAM, head: 6, d_head: 4 });
    const split = b.op("splitAxis", [x], {
      axis: "head",
      into: [
        { name: "kv_head", size: 2 },
        { name: "group", size: 3 },
      ],
    });
    const piece = b.op("slice", [x], { axis: "d_head", start: 1, end: 3 });
    return [
      split,
      b.op("mergeAxes", [split], { axes: ["group", "d_head"], into: "flat" }),
      b.op("transpose", [x], { axes: ["head", "batch", "d_head", "position"] }),
      b.rename(x, { position: "query" }),
      b.rename(x, { head: "d_head", d_head: "head" }),
      b.op("repeat", [x], { axis: "head", times: 2, into: "copy" }),
      b.op("repeat", [x], { axis: "head", times: 2, into: "head" }),
      b.op("pad", [x], { axis: "head", before: 1, after: 2 }),
      piece,
      b.op("concat", [piece, x, piece], { axis: "d_head" }),
    ];
  },
  contractions: (b) => {
    const x = b.input("x", "float32", { ...STREAM, d_model: 4 });
    const w = b.input("w", "float32", { head: 2, d_model: 4, d_head: 3 });
    const o = b.input("o", "float32", { head: 2, d_head: 3, d_model: 4 });
    const [bias, flat] = [
      b.input("bias", "float32", { head: 2, d_head: 3 }),
      b.input("flat", "float32", { d_model: 4 }),
    ];
    const q = b.contract(x, w, ["batch", "position", "head", "d_head"], { bias });
    const queries = b.rename(q, { position: "query" });
    const keys = b.rename(q, { position: "key" });
    const pattern = b.contract(queries, keys, ["batch", "head", "query", "key"], { scale: 0.3 });
    const z = b.rename(b.contract(pattern, keys, ["batch", "query", "head", "d_head"]), {
      query: "position",
    });
    return [b.contract(z, o, ["batch", "position", "d_model"], { bias: flat }), pattern];
  },
};

const LAYER = { eps: 1e-5, center: true };
const RMS = { eps: 1e-3, center: false };

function normInputs(b: Builder) {
  const x = b.input("x", "float32", { ...STREAM, d_model: 8 });
  const gain = (name: string) => b.input(name, "float32", { d_model: 8 });
  return { x, w: gain("w"), bias: gain("b") };
}

/** Rotary tables are given, not learned; weights of the test itself are not asked about. */
const learned = (name: Name) => !name.startsWith("weight of") && !/^[csCS]$/.test(name);

function build(write: (b: Builder) => readonly Name[]) {
  const b = builder();
  const outputs = write(b);
  const floats = b
    .program([])
    .inputs.filter(({ type, name }) => type === "float32" && learned(name));
  const wrt = floats.map(({ name }) => name);
  const of = outputs.map((x) => weighted(b, x)).reduce((a, c) => b.add(a, c));
  return { b, of, wrt, program: b.program([]) };
}

/** The weighted sum of the gradients, as a value to take the gradient of again. */
function again(program: Program, of: Name, wrt: readonly Name[]) {
  const first = gradient(program, { of, wrt, as: (name) => `first:${name}` });
  const b = builder(first);
  const total = wrt.map((name) => weighted(b, `first:${name}`)).reduce((x, y) => b.add(x, y));
  const second = b.program([]);
  const leads = wrt.filter((name) => {
    try {
      return gradient(second, { of: total, wrt: [name] }).ops.length > 0;
    } catch {
      return false; // the gradient does not change with it: a bias, or a value used linearly
    }
  });
  return { program: second, of: total, wrt: leads };
}

describe("the gradient of every operation", () => {
  test("the cases below have every operation of the table", () => {
    const used = new Set(
      Object.values(CASES).flatMap((write) => build(write).program.ops.map(({ op }) => op)),
    );
    expect([...Object.keys(RULES)].filter((op) => !used.has(op as OpName))).toEqual([]);
  });

  for (const [title, write] of Object.entries(CASES)) {
    test(`${title}: equals numeric differentiation, on every engine`, async () => {
      const { program, of, wrt } = build(write);
      for (const seed of [1, 2]) {
        const inputs = drawInputs(program, { batch: 2, position: 3 + seed, rows: 3 }, seed);
        const result = expectGradient(program, of, wrt, inputs);
        if (seed === 1) await expectEngines(engines, result.program, inputs, result.values);
      }
    });

    test(`${title}: the gradient of the gradient too`, () => {
      const { program, of, wrt } = build(write);
      const second = again(program, of, wrt);
      const inputs = drawInputs(second.program, { batch: 2, position: 3, rows: 2 }, 3);
      expectGradient(second.program, second.of, second.wrt, inputs, { tolerance: 1e-5 });
    });
  }
});

describe("the gradient of a contraction", () => {
  test("over any axes in any order, with bias and scale, equals numeric differentiation", async () => {
    const pool = { batch: "batch", position: "position", head: 2, d_head: 3, d_model: 4 } as const;
    const names = Object.keys(pool) as (keyof typeof pool)[];
    const roles = fc.array(fc.constantFrom("a", "b", "both", "summed", "none"), {
      minLength: 5,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(roles, fc.integer(), fc.nat(2), async (role, seed, bias) => {
        const draw = random(seed);
        const having = (...kinds: string[]) =>
          draw.shuffled(names.filter((_, index) => kinds.includes(role[index]!)));
        const withSizes = (axes: readonly (keyof typeof pool)[]) =>
          Object.fromEntries(axes.map((axis) => [axis, pool[axis]]));
        const b = builder();
        const out = having("a", "b", "both");
        const [left, right] = [
          b.input("left", "float32", withSizes(having("a", "both", "summed"))),
          b.input("right", "float32", withSizes(having("b", "both", "summed"))),
        ];
        const wrt = [left, right];
        const biasAxes = bias === 2 ? out : out.slice(-1);
        if (bias > 0) wrt.push(b.input("bias", "float32", withSizes(biasAxes)));
        const y = b.contract(left, right, out, { bias: wrt[2] ?? null, scale: 0.7 });
        const of = weighted(b, b.op("tanh", [y], {}));
        const program = b.program([]);
        const inputs = drawInputs(program, { batch: 2, position: 3 }, seed);
        const result = expectGradient(program, of, wrt, inputs);
        if (seed % 3 === 0) await expectEngines(engines, result.program, inputs, result.values);
      }),
      { numRuns: 100, seed: 1 },
    );
  });
});
