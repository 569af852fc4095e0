/** @file Every operation on native and WASM against the float64 interpreter, on random shapes and orders of axes. */
import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { tensor, type Tensor, type TensorData } from "../../src/base/tensor.ts";
import type { Backend } from "../../src/base/backend.ts";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { random } from "../../src/base/random.ts";
import type { Axis } from "../../src/graph/axes.ts";
import { builder, type Builder } from "../../src/graph/builder.ts";
import type { Program } from "../../src/graph/program.ts";
import { lower } from "../../src/graph/onnx/lower.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { backends } from "../runtime/backends.ts";
import { interpret, numbers } from "./interpreter.ts";

const engines = await backends();
const others = engines.filter(({ device }) => device !== "webgpu");
const TOLERANCE = 2e-6; // float32 against float64, a few operations deep, values near 1

/** Runs a program whose inputs have the given sizes on every engine and compares all outputs with the interpreter. */
async function compare(
  program: Program,
  sizes: Readonly<Record<string, number>>,
  seed = 1,
  on: readonly Backend[] = engines,
): Promise<void> {
  const feeds = feedsFor(program, sizes, seed);
  const weights = program.weights.map(async ({ name, axes, stored }) => {
    const bytes = (await stored.source.read(0, stored.sizeBytes)).slice();
    const shape = axes.map(({ size }) => Number(size));
    const values = new Float32Array(bytes.buffer);
    return [name, numbers(namesOf(axes), shape, values)] as const;
  });
  const truth = interpret(
    program,
    new Map([
      ...(await Promise.all(weights)),
      ...[...feeds].map(
        ([name, { axes, shape, data }]) => [name, numbers(axes, shape, data)] as const,
      ),
    ]),
  );
  for (const engine of on) {
    const session = await prepare(program, engine);
    const trace = await session.run(feeds);
    await session.close();
    for (const name of program.outputs) {
      const [got, want] = [trace.get(name)!, truth.get(name)!];
      expect([engine.device, name, got.axes, [...got.shape]]).toEqual([
        engine.device,
        name,
        want.axes,
        [...want.shape],
      ]);
      const largest = want.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      got.data.forEach((value, index) => {
        const error = Math.abs(value - want.data[index]!) / largest;
        if (!(error <= TOLERANCE))
          expect.fail(`${engine.device} ${name}[${index}] is ${value}, not ${want.data[index]}`);
      });
    }
  }
}

const namesOf = (axes: readonly Axis[]) => axes.map(({ name }) => name);

/** A weight of random numbers, as a file of float32 would have it. */
function randomWeight(b: Builder, name: string, axes: Readonly<Record<string, number>>, seed = 1) {
  const draw = random(seed);
  const shape = Object.values(axes);
  const length = shape.reduce((product, size) => product * size, 1);
  const bytes = new Uint8Array(Float32Array.from({ length }, () => draw.normal()).buffer);
  const source = bytesInMemory(name, bytes);
  const place = { source, offset: 0, sizeBytes: bytes.length };
  return b.weight({ name, axes, stored: { type: "F32", shape, ...place } });
}

function feedsFor(
  program: Program,
  sizes: Readonly<Record<string, number>>,
  seed: number,
): Map<string, Tensor<TensorData>> {
  return new Map(
    program.inputs.map((input, stream) => {
      const shape = input.axes.map(({ size }) => (typeof size === "number" ? size : sizes[size]!));
      const count = shape.reduce((product, each) => product * each, 1);
      const draw = random(seed, stream);
      const values = Array.from({ length: count }, () =>
        input.type === "float32"
          ? Math.fround(draw.normal())
          : draw.integer(0, (input.below ?? 2) - 1),
      );
      const data = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[input.type].from(
        values,
      );
      return [input.name, tensor(namesOf(input.axes), shape, data)];
    }),
  );
}

const SIZES = { batch: 2, position: 5, rows: 3, entries: 6 };

/** One small program per operation. */
const CASES: Readonly<Record<string, (b: Builder) => readonly string[]>> = {
  "elementwise operations stretch by axis name": (b) => {
    const x = b.input("x", "float32", { batch: "batch", position: "position", head: 3, d_head: 4 });
    const y = b.input("y", "float32", { batch: "batch", head: 3 });
    const vector = b.input("one", "float32", { d_head: 4 });
    const on = b.input("on", "bool", { batch: "batch", head: 3 });
    const positive = b.op("exp", [y], {});
    return [
      b.op("add", [x, y], {}),
      b.op("sub", [y, x], {}),
      b.op("mul", [vector, x], {}),
      b.op("div", [x, positive], {}),
      b.op("where", [on, x, y], {}),
      b.op("where", [on, vector, x], {}),
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
      b.op("gelu", [x], { approximate: "none" }),
      b.op("gelu", [x], { approximate: "tanh" }),
      b.op("silu", [x], {}),
      b.op("silu", [x], { beta: 1.702 }),
      b.op("softplus", [x], {}),
      b.op("softplus", [b.op("mul", [x, b.constant("much", {}, [60])], {})], {}),
      b.op("clamp", [x], { low: -0.5, high: 0.7 }),
      b.op("clamp", [x], { high: 0.1 }),
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
    ];
  },
  "norms, fused and with a scale from outside": (b) => {
    const x = b.input("x", "float32", { batch: "batch", position: "position", d_model: 8 });
    const ownScale = b.op(
      "exp",
      [b.input("s", "float32", { batch: "batch", position: "position", d_model: 1 })],
      {},
    );
    const [w, bias] = [
      b.input("w", "float32", { d_model: 8 }),
      b.input("b", "float32", { d_model: 8 }),
    ];
    const layer = { eps: 1e-5, center: true };
    const rms = { eps: 1e-3, center: false };
    const [own, ownRms] = [b.op("scale", [x], layer), b.op("scale", [x], rms)];
    const normed = b.op("norm", [x, ownRms], rms);
    const frozen = b.op("norm", [x, ownScale], rms);
    return [
      own,
      ownRms,
      b.op("norm", [x, own], layer),
      b.op("norm", [x, own, w, bias], layer),
      b.op("norm", [x, ownScale, w, bias], layer),
      b.op("norm", [x, ownScale, w], layer),
      normed,
      b.op("gain", [normed, w], {}),
      b.op("gain", [frozen, w], {}),
    ];
  },
  "rotary turns pairs of the first entries and passes the rest": (b) => {
    const x = b.input("x", "float32", {
      batch: "batch",
      position: "position",
      head: 2,
      d_head: 10,
    });
    const [cos, sin] = [3, 3].map((pairs, index) =>
      b.input(`t${index}`, "float32", { position: "position", rotary: pairs }),
    );
    const [cosAll, sinAll] = [5, 5].map((pairs, index) =>
      b.input(`a${index}`, "float32", { position: "position", rotary: pairs }),
    );
    const grouped = b.input("grouped", "float32", {
      ...{ variant: 2, batch: "batch", position: "position" },
      ...{ head: 2, group: 3, d_head: 10 },
    });
    const oneRow = b.input("oneRow", "float32", { position: "position", d_head: 6 });
    return [true, false].flatMap((interleaved) => [
      b.op("rotary", [x, cos!, sin!], { interleaved }),
      b.op("rotary", [x, cosAll!, sinAll!], { interleaved }),
      b.op("rotary", [grouped, cos!, sin!], { interleaved }),
      b.op("rotary", [oneRow, cos!, sin!], { interleaved }),
    ]);
  },
  indexing: (b) => {
    const table = b.input("table", "float32", { d_vocab: 7, d_model: 4 });
    const ids = b.input("ids", "int32", { batch: "batch", position: "position" }, { below: 7 });
    const rows = b.input("rows", "int32", { row: "rows" }, { below: 2 });
    const places = b.input("places", "int32", { entry: "entries" }, { below: 10 });
    const x = b.gather(table, ids);
    const wide = b.input("wide", "float32", { batch: "batch", position: "position", d_vocab: 7 });
    return [
      x,
      b.op("take", [x, rows], { axis: "batch" }),
      b.op("take", [x, rows], { axis: "d_model" }),
      b.op("take", [wide, places], { axis: "entry", merge: ["position", "d_vocab"] }),
      b.op("take", [wide, places], { axis: "entry", merge: ["batch", "position"] }),
      b.op("pick", [wide, ids], {}),
    ];
  },
  "places of the largest, marks, and products with a matrix that each row chooses": (b) => {
    const sizes = { batch: "batch", position: "position" } as const;
    const scores = b.input("scores", "float32", { ...sizes, expert: 5 });
    const x = b.input("x", "float32", { ...sizes, d_model: 4 });
    const matrices = Array.from({ length: 5 }, (_, expert) =>
      b.input(`w${expert}`, "float32", { d_mlp: 3, d_model: 4 }),
    );
    const back = Array.from({ length: 5 }, (_, expert) =>
      b.input(`v${expert}`, "float32", { d_mlp: 3, d_out: 6 }),
    );
    const ids = b.op("topK", [scores], { count: 3, into: "slot" });
    const choice = b.input("one", "int32", { ...sizes, slot: 1 }, { below: 5 });
    const inner = b.op("routed", [x, ids, ...matrices], {});
    const picked = b.op("pick", [scores, ids], {});
    return [
      ids,
      picked,
      b.op("addPicked", [scores, ids, picked], {}),
      b.op("oneHot", [ids], { axis: "expert", size: 5 }),
      inner,
      b.op("routed", [inner, ids, ...back], {}),
      b.op("routed", [x, choice, ...matrices], {}),
    ];
  },
  shapes: (b) => {
    const x = b.input("x", "float32", { batch: "batch", position: "position", head: 6, d_head: 4 });
    const split = b.op("splitAxis", [x], {
      axis: "head",
      into: [
        { name: "kv_head", size: 2 },
        { name: "group", size: 3 },
      ],
    });
    const piece = b.op("slice", [x], { axis: "d_head", start: 1, end: 3 });
    const beside = b.op("splitAxis", [x], {
      axis: "position",
      into: [
        { name: "query", size: "position" },
        { name: "key", size: 1 },
      ],
    });
    return [
      split,
      beside,
      b.op("mergeAxes", [b.op("exp", [beside], {})], { axes: ["query", "key"], into: "position" }),
      b.op("mergeAxes", [split], { axes: ["group", "d_head"], into: "flat" }),
      b.op("transpose", [x], { axes: ["head", "batch", "d_head", "position"] }),
      b.rename(x, { position: "query" }),
      b.op("repeat", [x], { axis: "head", times: 2, into: "copy" }),
      piece,
      b.op("concat", [piece, x, piece], { axis: "d_head" }),
    ];
  },
  "what gradients need: comparing, stretching, counting, padding": (b) => {
    const x = b.input("x", "float32", { batch: "batch", position: "position", head: 3, d_head: 4 });
    const y = b.input("y", "float32", { position: "position", d_head: 4 });
    const thin = b.input("one", "float32", { batch: "batch", position: "position", d_head: 1 });
    const wide = b.input("wide", "float32", { batch: "batch", position: "position", d_head: 5 });
    const number = b.op("sum", [y], { axes: ["position", "d_head"] });
    const flat = b.op("sum", [thin], { axes: ["d_head"] });
    return [
      b.op("where", [b.op("greater", [x, y], {}), x, y], {}),
      b.op("erf", [x], {}),
      b.op("stretch", [y, x], {}),
      b.op("stretch", [thin, wide], {}),
      b.op("stretch", [flat, thin], {}),
      b.op("stretch", [number, x], {}),
      b.op("count", [x], { axes: ["batch", "head"] }),
      b.op("count", [x], { axes: ["d_head", "head"] }),
      b.op("pad", [x], { axis: "head", before: 2, after: 1 }),
      b.op("pad", [x], { axis: "d_head", before: 0, after: 3 }),
    ];
  },
  "shifts, running sums, convolutions and recurrences along a sequence": (b) => {
    const sizes = { batch: "batch", position: "position" } as const;
    const x = b.input("x", "float32", { ...sizes, channel: 3 });
    const w = b.input("w", "float32", { channel: 3, tap: 4 });
    const short = b.input("short", "float32", { channel: 3, tap: 1 });
    const alone = b.input("alone", "float32", { position: "position", channel: 3 });
    const a = b.op("sigmoid", [b.input("a", "float32", { ...sizes, channel: 3, state: 2 })], {});
    const u = b.input("u", "float32", { ...sizes, channel: 3, state: 2 });
    return [false, true].flatMap((reverse) => [
      b.op("shift", [x], { axis: "position", by: reverse ? -2 : 1 }),
      b.op("shift", [x], { axis: "position", by: reverse ? -9 : 7 }),
      b.op("cumulate", [u], { axis: "position", reverse }),
      b.op("cumulate", [x], { axis: "channel", reverse }),
      b.op("convolve", [x, w], { axis: "position", reverse }),
      b.op("convolve", [x, short], { axis: "position", reverse }),
      b.op("convolve", [alone, w], { axis: "position", reverse }),
      b.op("recur", [a, u], { axis: "position", reverse }),
      b.op("recur", [u, a], { axis: "channel", reverse }),
    ]);
  },
  "the transposes of gather, take and pick": (b) => {
    const ids = b.input("ids", "int32", { batch: "batch", position: "position" }, { below: 7 });
    const rows = b.input("rows", "int32", { row: "rows" }, { below: 2 });
    const places = b.input("places", "int32", { entry: "entries" }, { below: 10 });
    const small = b.input("small", "float32", { d_vocab: 7, head: 2, d_head: 3 });
    const large = b.input("large", "float32", { d_vocab: 1040, head: 2, d_head: 3 });
    const sizes = { batch: "batch", position: "position" } as const;
    const x = b.input("x", "float32", { ...sizes, head: 2, d_head: 3 });
    const wide = b.input("wide", "float32", { ...sizes, d_vocab: 7 });
    return [
      b.op("addGathered", [small, ids, x], {}),
      b.op("addGathered", [large, ids, x], {}),
      b.op("addPicked", [wide, ids, b.op("pick", [wide, ids], {})], {}),
      ...["batch", "head", "d_head"].map((axis) =>
        b.op("addTaken", [x, rows, b.op("take", [x, rows], { axis })], { axis }),
      ),
      ...[
        ["batch", "position"],
        ["position", "head"],
      ].map((axes) => {
        const merged = { axis: "entry", merge: axes };
        return b.op("addTaken", [x, places, b.op("take", [x, places], merged)], merged);
      }),
    ];
  },
};

describe("lowering equals the interpreter", () => {
  for (const [title, write] of Object.entries(CASES)) {
    test(title, async () => {
      const b = builder();
      await compare(b.program(write(b)), SIZES);
    });
  }

  test("of routes, in a batch without rows too", async () => {
    const b = builder();
    const [, write] = Object.entries(CASES).find(([title]) => title.startsWith("places of"))!;
    await compare(b.program(write(b)), { ...SIZES, batch: 0 });
  });

  test("contractions over any axes in any order, with bias and scale, and with weights", async () => {
    const pool = {
      batch: "batch",
      position: "position",
      head: 2,
      d_head: 3,
      d_model: 4,
      measure: 2,
    } as const;
    const names = Object.keys(pool) as (keyof typeof pool)[];
    const roles = fc.array(fc.constantFrom("a", "b", "both", "summed", "none"), {
      minLength: 6,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(
        roles,
        fc.integer(),
        fc.boolean(),
        fc.boolean(),
        async (role, seed, hasBias, scaled) => {
          const draw = random(seed);
          const having = (...kinds: string[]) =>
            draw.shuffled(names.filter((_, index) => kinds.includes(role[index]!)));
          const withSizes = (axes: readonly (keyof typeof pool)[]) =>
            Object.fromEntries(axes.map((axis) => [axis, pool[axis]]));
          const b = builder();
          const out = having("a", "b", "both");
          const left = b.input("left", "float32", withSizes(having("a", "both", "summed")));
          const rights = withSizes(having("b", "both", "summed"));
          const isFixed = Object.values(rights).every((size) => typeof size === "number");
          const right =
            isFixed && seed % 2 === 0
              ? randomWeight(b, "right", rights as Record<string, number>, seed)
              : b.input("right", "float32", rights);
          const bias = hasBias ? b.input("bias", "float32", withSizes(out.slice(-1))) : null;
          const result = b.contract(left, right, out, { bias, ...(scaled && { scale: 0.3 }) });
          const used = names.some(
            (name, index) => role[index] !== "none" && typeof pool[name] === "string",
          );
          if (used || out.length > 0) await compare(b.program([result]), SIZES, seed);
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });

  test("an empty batch gives empty results, but on WebGPU: its softmax refuses it, and no study has one", async () => {
    const b = builder();
    const x = b.input("x", "float32", { batch: "batch", position: "position", head: 2, d_head: 4 });
    const k = b.input("k", "float32", { batch: "batch", position: "position", head: 2, d_head: 4 });
    const w = b.input("w", "float32", { head: 2, d_head: 4, d_model: 8 });
    const scores = b.contract(
      b.rename(x, { position: "query" }),
      b.rename(k, { position: "key" }),
      ["batch", "head", "query", "key"],
    );
    const out = b.contract(x, w, ["batch", "position", "d_model"]);
    const scale = b.op("scale", [out], { eps: 1e-5, center: true });
    const program = b.program([
      b.op("softmax", [scores], { axis: "key" }),
      b.op("norm", [out, scale], { eps: 1e-5, center: true }),
    ]);
    await compare(program, { ...SIZES, batch: 0 }, 1, others);
  });

  test("rows of several axes times a weight, which lies in either order, scaled or not, and of an empty batch", async () => {
    const b = builder();
    const x = b.input("x", "float32", { batch: "batch", position: "position", d_model: 8 });
    const z = b.input("z", "float32", { batch: "batch", head: 2, position: "position", d_head: 4 });
    const to = ["batch", "position", "d_mlp"];
    const program = b.program([
      b.contract(x, randomWeight(b, "in", { d_model: 8, d_mlp: 6 }), to),
      b.contract(x, randomWeight(b, "out", { d_mlp: 6, d_model: 8 }), to, { scale: 0.3 }),
      b.contract(z, randomWeight(b, "W_O", { head: 2, d_head: 4, d_mlp: 6 }), to),
      b.contract(x, randomWeight(b, "W_Q", { head: 2, d_head: 4, d_model: 8 }), [
        ...["batch", "position", "head", "d_head"],
      ]),
    ]);
    await compare(program, SIZES);
    await compare(program, { ...SIZES, batch: 0 });
  });

  test("rotary positions of an empty batch are empty, but on WebGPU: its operator refuses it, and no study has one", async () => {
    const b = builder();
    const x = b.input("x", "float32", { batch: "batch", position: "position", head: 2, d_head: 4 });
    const [cos, sin] = ["cos", "sin"].map((name) =>
      b.input(name, "float32", { position: "position", rotary: 2 }),
    );
    const program = b.program([b.op("rotary", [x, cos!, sin!], { interleaved: false })]);
    await compare(program, { ...SIZES, batch: 0 }, 1, others);
  });
});

describe("lower(program)", () => {
  const sizes = { batch: "batch", position: "position", head: 2, d_head: 4 };

  test("makes equal nodes once, and none to undo a reshape", () => {
    const b = builder();
    const x = b.input("x", "float32", sizes);
    const [first, other] = [b.op("exp", [x], {}), b.op("exp", [x], {})];
    const merge = { axes: ["head", "d_head"], into: "d_model" };
    const into = [
      { name: "head", size: 2 },
      { name: "d_head", size: 4 },
    ];
    const there = b.op("mergeAxes", [b.add(first, other)], merge);
    const back = b.op("splitAxis", [there], { axis: "d_model", into });
    const { nodes } = lower(b.program([back]));
    expect(nodes.map(({ type }) => type)).toEqual(["Exp", "Add", "Identity"]);
  });

  test("multiplies rows with a weight between no reshapes", () => {
    const b = builder();
    const x = b.input("x", "float32", { batch: "batch", position: "position", d_model: 8 });
    const to = ["batch", "position", "d_mlp"];
    const between = b.contract(x, randomWeight(b, "W_in", { d_mlp: 6, d_model: 8 }), to);
    const out = b.contract(between, randomWeight(b, "W_out", { d_model: 8, d_mlp: 6 }), [
      ...["batch", "position", "d_model"],
    ]);
    const { nodes } = lower(b.program([out]));
    expect(nodes.map(({ type }) => type)).toEqual(["FusedMatMul", "FusedMatMul", "Identity"]);
  });

  test("tells the engine sizes that are products of symbols, by names that equal products share", () => {
    const b = builder();
    const x = b.input("x", "float32", sizes);
    const w = b.input("w", "float32", { head: 2, d_head: 4, d_model: 8 });
    const { values } = lower(b.program([b.contract(x, w, ["batch", "position", "d_model"])]));
    expect(values!.map((value) => value.sizes)).toContainEqual(["batch*position", 8]);
  });
});
