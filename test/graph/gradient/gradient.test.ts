/** @file What `gradient` promises of any program: names, totals, zeros where nothing is seen, errors. */
import { describe, expect, test } from "vitest";
import { random } from "../../../src/base/random.ts";
import { builder } from "../../../src/graph/builder.ts";
import { add, additionInput } from "../../../src/graph/edits/add.ts";
import { freeze } from "../../../src/graph/edits/freeze.ts";
import { gradient } from "../../../src/graph/gradient/gradient.ts";
import { prune, typesOf, type Program } from "../../../src/graph/program.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { nativeBackend } from "../../../src/runtime/native.ts";
import { prepare } from "../../../src/runtime/prepare.ts";
import { backends } from "../../runtime/backends.ts";
import { interpret, numbers, type Numbers } from "../interpreter.ts";
import { drawInputs, expectEngines, expectGradient, feedOf, weighted } from "./check.ts";

const engines = await backends();

/** A small model with layer norms: tokens to the mean loss. */
function transformer(): Program {
  const b = builder();
  const sizes = { batch: "batch", position: "position" } as const;
  const tokens = b.input("tokens", "int32", sizes, { below: 7 });
  const targets = b.input("targets", "int32", sizes, { below: 7 });
  const mask = b.input("mask", "float32", { query: "position", key: "position" });
  const weight = (name: string, axes: Record<string, number>) => b.input(name, "float32", axes);
  const x = b.gather(weight("W_E", { d_vocab: 7, d_model: 6 }), tokens, "resid_pre");
  const scale = b.op("scale", [x], { eps: 1e-5, center: true }, "hook_scale");
  const normed = b.op(
    "norm",
    [x, scale, weight("w", { d_model: 6 }), weight("b", { d_model: 6 })],
    { eps: 1e-5, center: true },
    "hook_normalized",
  );
  const project = (which: string) =>
    b.contract(
      normed,
      weight(`W_${which}`, { d_model: 6, head: 2, d_head: 3 }),
      ["batch", "position", "head", "d_head"],
      { as: `hook_${which}` },
    );
  const [q, k, v] = [project("q"), project("k"), project("v")];
  const raw = b.contract(
    b.rename(q, { position: "query" }),
    b.rename(k, { position: "key" }),
    ["batch", "head", "query", "key"],
    { scale: 0.6 },
  );
  const pattern = b.op(
    "softmax",
    [b.add(raw, mask, "hook_attn_scores")],
    { axis: "key" },
    "hook_pattern",
  );
  const mixed = b.contract(pattern, b.rename(v, { position: "key" }), [
    "batch",
    "query",
    "head",
    "d_head",
  ]);
  const z = b.rename(mixed, { query: "position" }, "hook_z");
  const out = b.contract(z, weight("W_O", { head: 2, d_head: 3, d_model: 6 }), [
    "batch",
    "position",
    "d_model",
  ]);
  const post = b.add(x, out, "resid_post");
  const logits = b.contract(post, "W_E", ["batch", "position", "d_vocab"], { as: "logits" });
  const all = b.op("logSumExp", [logits], { axis: "d_vocab" });
  const each = b.op("sub", [all, b.op("pick", [logits, targets], {})], {});
  b.op("mean", [each], { axes: ["batch", "position"] }, "loss");
  return b.program(["loss"]);
}

function drawValues(
  program: Program,
  seed = 1,
  sizes = { batch: 2, position: 5 },
): Map<string, Numbers> {
  const values = drawInputs(program, sizes, seed);
  const mask = values.get("mask");
  const length = sizes.position;
  const causal = (_: number, at: number) =>
    at % length <= Math.floor(at / length) ? 0 : -Infinity;
  if (mask) values.set("mask", { ...mask, data: mask.data.map(causal) });
  for (const [name, { data }] of values) if (name.endsWith(".add")) data.fill(0);
  return values;
}

const WEIGHTS = ["W_E", "w", "b", "W_q", "W_k", "W_v", "W_O"];
const INSIDE = ["resid_pre", "hook_z", "hook_q", "hook_k", "hook_v", "hook_pattern"];

describe("gradient(program, {of, wrt})", () => {
  test("of a mean loss with respect to every weight equals numeric differentiation", async () => {
    const program = transformer();
    const values = drawValues(program);
    const expected = expectGradient(program, "loss", WEIGHTS, values);
    await expectEngines(engines, expected.program, values, expected.values);
  });

  test("with respect to values inside equals what adding to them does", async () => {
    const program = transformer();
    const edited = INSIDE.reduce((before, name) => add(before, name), program);
    const values = drawValues(edited);
    const expected = expectGradient(edited, "loss", INSIDE.map(additionInput), values);
    const inside = gradient(program, { of: "loss", wrt: INSIDE });
    const direct = interpret(inside, values);
    for (const name of INSIDE) {
      expect(direct.get(`grad:${name}`)!.axes).toEqual(
        typesOf(program)
          .get(name)!
          .axes.map((a) => a.name),
      );
      const want = expected.values.get(`grad:${additionInput(name)}`)!.data;
      direct
        .get(`grad:${name}`)!
        .data.forEach((value, index) => expect(value).toBeCloseTo(want[index]!, 12));
    }
    await expectEngines(engines, inside, values, direct);
  });

  test("keeps the program's values and outputs and adds grad:NAME, with the axes of NAME", () => {
    const program = transformer();
    const withGradient = gradient(program, { of: "loss", wrt: ["hook_z", "W_O"] });
    expect(withGradient.outputs).toEqual(["loss", "grad:hook_z", "grad:W_O"]);
    expect(withGradient.ops.slice(0, program.ops.length)).toEqual(program.ops);
    const types = typesOf(withGradient);
    expect(types.get("grad:W_O")).toEqual({ type: "float32", axes: types.get("W_O")!.axes });
  });

  test("computes only what is asked for: the way back ends at the value, and weights get none", () => {
    const program = transformer();
    const extra = (wrt: string[]) =>
      gradient(program, { of: "loss", wrt }).ops.slice(program.ops.length);
    const contractions = (wrt: string[]) => extra(wrt).filter(({ op }) => op === "contract").length;
    expect(contractions(["resid_post"])).toBe(1);
    expect(contractions(["hook_z"])).toBe(2);
    expect(contractions(["hook_pattern"])).toBe(3);
  });

  test("is 1 of a value with respect to itself, and sums the entries of what has axes", () => {
    const b = builder();
    const x = b.input("x", "float32", { position: "position" });
    const withGradient = gradient(b.program([b.mul(x, x, "square")]), {
      of: "square",
      wrt: ["square", "x"],
    });
    const got = interpret(withGradient, new Map([["x", numbers(["position"], [3], [1, -2, 3])]]));
    expect([...got.get("grad:square")!.data]).toEqual([1, 1, 1]);
    expect([...got.get("grad:x")!.data]).toEqual([2, -4, 6]);
  });

  test("of masked scores is exactly 0 and never NaN, on every engine", async () => {
    const program = gradient(transformer(), { of: "loss", wrt: ["hook_attn_scores"] });
    const values = drawValues(program);
    for (const engine of engines) {
      const session = await prepare(program, engine);
      const feeds = session.program.inputs.map(
        ({ name, type }) => [name, feedOf(type, values.get(name)!)] as const,
      );
      const { data } = (await session.run(new Map(feeds))).get("grad:hook_attn_scores")!;
      await session.close();
      expect(data.some((value) => value !== 0)).toBe(true);
      data.forEach((value, at) => {
        const [query, key] = [Math.floor(at / 5) % 5, at % 5];
        expect(key > query ? Math.abs(value) : Number(!Number.isFinite(value))).toBe(0);
      });
    }
  });

  test("of log-sum-exp is 0 where the input is minus infinity", async () => {
    const b = builder();
    const x = b.input("x", "float32", { batch: "batch", key: 4 });
    const of = b.op("logSumExp", [x], { axis: "key" });
    const program = gradient(b.program([]), { of, wrt: ["x"] });
    const values = new Map([
      ["x", numbers(["batch", "key"], [1, 4], [-Infinity, 2, 2, -Infinity])],
    ]);
    const truth = interpret(program, values);
    expect([...truth.get("grad:x")!.data]).toEqual([0, 0.5, 0.5, 0]);
    await expectEngines(engines, program, values, truth);
  });

  test("passes nothing through what is frozen", () => {
    const program = transformer();
    const frozen = freeze(program, ["hook_scale", "hook_pattern"]);
    const values = drawValues(program);
    const whole = interpret(program, values);
    const positive = new Map([
      ...values,
      ...frozen.inputs.map(({ name }) => [name, whole.get(name) ?? values.get(name)!] as const),
    ]);
    expectGradient(frozen, "loss", ["W_E", "w", "b", "W_v", "W_O"], positive);
    expect(() => gradient(frozen, { of: "loss", wrt: ["W_q"] })).toThrow("W_q");
  });

  test("with respect to a norm's scale is its part alone, and x still gets the whole", () => {
    const program = transformer();
    const edited = add(program, "hook_scale");
    const values = drawValues(edited);
    const expected = expectGradient(edited, "loss", [additionInput("hook_scale"), "W_E"], values);
    const got = interpret(gradient(program, { of: "loss", wrt: ["hook_scale", "W_E"] }), values);
    for (const [name, other] of [
      ["hook_scale", additionInput("hook_scale")],
      ["W_E", "W_E"],
    ] as const) {
      const want = expected.values.get(`grad:${other}`)!.data;
      got
        .get(`grad:${name}`)!
        .data.forEach((value, index) => expect(value).toBeCloseTo(want[index]!, 10));
    }
  });

  test("of two metrics stand side by side under names of their own", () => {
    const b = builder(transformer());
    b.op("mean", ["resid_post"], { axes: ["batch", "position", "d_model"] }, "other");
    const first = gradient(b.program([]), { of: "loss", wrt: ["hook_z"] });
    const both = gradient(first, { of: "other", wrt: ["hook_z"], as: (name) => `other:${name}` });
    expect(both.outputs).toEqual(["grad:hook_z", "other:hook_z"]);
    const values = drawValues(both);
    const alone = interpret(gradient(b.program([]), { of: "other", wrt: ["hook_z"] }), values);
    const got = interpret(both, values).get("other:hook_z")!;
    expect(got).toEqual(alone.get("grad:hook_z")!);
  });

  test("of a pruned program has names of its own", () => {
    const program = prune({ ...transformer(), outputs: ["hook_z"] });
    expect(() => gradient(program, { of: "hook_z", wrt: ["W_E"] })).not.toThrow();
  });

  test("leaves the program as it was", () => {
    const program = transformer();
    const before = JSON.stringify(program);
    gradient(program, { of: "loss", wrt: ["W_E"] });
    expect(JSON.stringify(program)).toBe(before);
  });

  test("says which values do not exist and which do not lead to the metric", () => {
    const program = transformer();
    expect(() => gradient(program, { of: "loss", wrt: ["hook_y"] })).toThrow(
      "no value named hook_y",
    );
    expect(() => gradient(program, { of: "lost", wrt: ["hook_z"] })).toThrow("no value named lost");
    expect(() => gradient(program, { of: "hook_q", wrt: ["hook_k", "W_q", "tokens"] })).toThrow(
      "the gradient of hook_q needs values that it changes with, got hook_k, tokens",
    );
  });

  test("of a planted model reaches every head of every layer", async () => {
    const { program } = await openPlanted("induction");
    const wrt = [0, 1].map((layer) => `blocks.${layer}.attn.hook_z`);
    const withGradient = gradient(program, { of: "logits", wrt });
    expect(typesOf(withGradient).get(`grad:${wrt[0]!}`)).toEqual(typesOf(program).get(wrt[0]!));
  });
});

describe("the gradient of an embedding", () => {
  for (const vocabulary of [64, 1024, 1025, 3000]) {
    test(`of ${vocabulary} rows for 2048 tokens of width 256 is right, and the same bits on 1 and 2 threads`, async () => {
      const b = builder();
      const table = b.input("table", "float32", { d_vocab: vocabulary, d_model: 256 });
      const ids = b.input(
        "ids",
        "int32",
        { batch: "batch", position: "position" },
        { below: vocabulary },
      );
      const of = weighted(b, b.gather(table, ids));
      const program = gradient(b.program([]), { of, wrt: [table] });
      const draw = random(vocabulary);
      const tokens = Int32Array.from({ length: 2048 }, () =>
        Math.floor(vocabulary * draw.uniform() ** 3),
      );
      const weights = Float32Array.from({ length: 2048 * 256 }, () => draw.normal());
      const truth = new Float64Array(vocabulary * 256);
      weights.forEach(
        (value, at) => (truth[tokens[Math.floor(at / 256)]! * 256 + (at % 256)]! += value),
      );
      const results: Float32Array[] = [];
      for (const backend of [await nativeBackend(1), await nativeBackend(2), engines.at(-1)!]) {
        if (!backend) continue;
        const session = await prepare(program, backend);
        const feeds = new Map(
          session.program.inputs.map(({ name, type, axes }) => {
            const data =
              name === "ids"
                ? tokens
                : name === "table"
                  ? new Float32Array(vocabulary * 256)
                  : weights;
            const shape =
              name === "table" ? [vocabulary, 256] : name === "ids" ? [4, 512] : [4, 512, 256];
            return [
              name,
              feedOf(
                type,
                numbers(
                  axes.map((axis) => axis.name),
                  shape,
                  data,
                ),
              ),
            ] as const;
          }),
        );
        for (let repeat = 0; repeat < 3; repeat++)
          results.push((await session.run(feeds)).get("grad:table")!.data);
        await session.close();
      }
      for (const got of results.slice(0, -3))
        expect(Buffer.compare(Buffer.from(got.buffer), Buffer.from(results[0]!.buffer))).toBe(0);
      for (const got of results)
        got.forEach((value, at) => {
          if (!(Math.abs(value - truth[at]!) <= 1e-4))
            expect.fail(`entry ${at} is ${value}, not ${truth[at]}`);
        });
    });
  }
});
