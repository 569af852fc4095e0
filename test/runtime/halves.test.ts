/** @file Weights of float16 that stay so in the engine's memory: the same bits as float32's, and only where a device is exact. */
import { describe, expect, test } from "vitest";
import type { Backend, EngineSession } from "../../src/base/backend.ts";
import { bytesInMemory, type StoredTensor } from "../../src/base/bytes.ts";
import { random } from "../../src/base/random.ts";
import { tensor } from "../../src/base/tensor.ts";
import { fromBfloat16, fromFloat16, readTensor } from "../../src/formats/readTensor.ts";
import { builder } from "../../src/graph/builder.ts";
import { lower } from "../../src/graph/onnx/lower.ts";
import { halvesOf, scaledHalves } from "../../src/runtime/halves.ts";
import { hasExactHalves } from "../../src/runtime/exactHalves.ts";
import { planMemory } from "../../src/runtime/memory.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { backends } from "./backends.ts";

const [VOCABULARY, WIDTH, LENGTH] = [50, 64, 6];
const draw = random(5);

/** Any bits of either sign up to `most`: zeros and the smallest numbers too. */
function randomBits(type: "F16" | "BF16", name: string, shape: readonly number[]): StoredTensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const [least, most] = { F16: [0, 0x3fff], BF16: [0x3600, 0x3fff] }[type];
  const bits = Uint16Array.from({ length: count }, () =>
    draw.uniform() < 0.01 ? 0 : 0x8000 * draw.integer(0, 1) + draw.integer(least!, most!),
  );
  const source = bytesInMemory(name, new Uint8Array(bits.buffer));
  return { type, shape, source, offset: 0, sizeBytes: source.sizeBytes };
}

async function asFloat32(stored: StoredTensor): Promise<StoredTensor> {
  const floats = (await readTensor(stored)).slice();
  const source = bytesInMemory(stored.source.name, new Uint8Array(floats.buffer));
  return { ...stored, type: "F32", source, sizeBytes: source.sizeBytes };
}

type Stored = Readonly<Record<"embed" | "gain" | "into" | "fused", StoredTensor>>;

const stored = (type: "F16" | "BF16"): Stored => ({
  embed: randomBits(type, "embed", [VOCABULARY, WIDTH]),
  gain: randomBits(type, "gain", [WIDTH]),
  into: randomBits(type, "into", [WIDTH, WIDTH]),
  fused: randomBits(type, "fused", [WIDTH, 2, WIDTH]),
});

/** A table, a gain, matrices in both orders, a matrix that is cut from another, and the table again as an unembedding. */
function program(weights: Stored) {
  const b = builder();
  const ids = b.input("ids", "int32", { position: "position" }, { below: VOCABULARY });
  const table = b.weight({
    name: "embed",
    axes: { vocabulary: VOCABULARY, d: WIDTH },
    stored: weights.embed,
  });
  const gain = b.weight({ name: "gain", axes: { d: WIDTH }, stored: weights.gain });
  const into = b.weight({ name: "into", axes: { e: WIDTH, d: WIDTH }, stored: weights.into });
  const out = b.weight({ name: "out", axes: { e: WIDTH, d: WIDTH }, stored: weights.into });
  const part = b.weight({
    name: "part",
    axes: { d: WIDTH, part: 2, f: WIDTH },
    stored: weights.fused,
    select: [{ axis: "part", index: 1 }],
  });
  const x = b.mul(b.gather(table, ids), gain);
  const h = b.contract(x, into, ["position", "e"]);
  const y = b.contract(h, out, ["position", "d"]);
  const logits = b.contract(y, table, ["position", "vocabulary"]);
  return b.program([logits, b.contract(x, part, ["position", "f"])]);
}

const feeds = new Map([
  ["ids", tensor(["position"], [LENGTH], Int32Array.of(0, 7, 49, 7, 3, 1))] as const,
]);

async function computed(weights: Stored, backend: Backend) {
  const session = await prepare(program(weights), backend);
  const values = await session.run(feeds);
  await session.close();
  return [...values.values()].map(({ data }) => data);
}

const engines = await backends();

describe.each(engines)("$device", (engine) => {
  test.each(["F16", "BF16"] as const)(
    "computes with weights of %s what it computes with float32, to the last bit",
    async (type) => {
      const weights = stored(type);
      const entries = Object.entries(weights).map(
        async ([name, weight]) => [name, await asFloat32(weight)] as const,
      );
      const floats = Object.fromEntries(await Promise.all(entries)) as Stored;
      const exact = await hasExactHalves(engine);
      if (engine.device !== "webgpu") expect(exact).toBe(true);
      const backend = { ...engine, keepsHalves: exact };
      expect((await halvesOf(program(weights), backend)).size).toBe(exact ? 3 : 0);
      expect(await computed(weights, backend)).toEqual(await computed(floats, engine));
    },
  );
});

describe.each(["F16", "BF16"] as const)("a graph that keeps %s", (type) => {
  const lowered = async () => {
    const whole = program(stored(type));
    return lower(whole, { halves: await halvesOf(whole, { keepsHalves: true }) });
  };

  test("has matrices and tables as float16 that nothing folds, and makes them float32 before all else", async () => {
    const { nodes, initializers } = await lowered();
    const halves = initializers.filter(({ overridable }) => overridable);
    expect(halves.map(({ name, type }) => [name, type])).toEqual(
      ["embed[50,64]", "into[64,64]", "out[64,64]"].map((name) => [`${name}.stored`, "F16"]),
    );
    const start = nodes.findIndex(({ inputs }) => inputs.includes("ids"));
    const casts = nodes.slice(0, start).filter(({ type }) => type === "Cast");
    expect(casts.map(({ inputs }) => inputs[0])).toEqual(
      expect.arrayContaining(halves.map(({ name }) => name)),
    );
    expect(nodes.slice(start).filter(({ type }) => type === "Cast")).toHaveLength(1); // of rows
  });

  test("makes float32 of the rows of a table that are looked up, and of no others", async () => {
    const { nodes } = await lowered();
    expect(nodes.find(({ inputs }) => inputs[1] === "ids")!.inputs[0]).toBe("embed[50,64].stored");
  });
});

test("a plan of memory counts such weights as half, and as float32 while they are multiplied", () => {
  const plan = (keepsHalves: boolean) =>
    planMemory(program(stored("BF16")), { mapsFiles: true, device: "webgpu", keepsHalves }, {});
  const floatBytes = 4 * WIDTH * (VOCABULARY + 2 * WIDTH);
  expect(plan(false).weightBytes - plan(true).weightBytes).toBe(floatBytes / 2);
  expect(plan(true).valueBytes - plan(false).valueBytes).toBe(floatBytes);
});

describe("bfloat16 times a power of two", () => {
  const valuesOf = (halves: Uint16Array, exponent: number) =>
    fromFloat16(halves).map((value) => value * 2 ** -exponent);

  test.each([
    ["all sizes that a matrix has", [0x3f80, 0xbf81, 0x3fff, 0x0000, 0x8000, 0x2fff, 0xb001]],
    ["the widest range", [0x3f80, 0x3f80 - (31 << 7), 0x3f80 - (38 << 7)]],
    ["a last digit that is still there", [0x3f80, 0x3f81 - (32 << 7)]],
    ["numbers above float16's", [0x7f7f, 0x7f00]],
    ["zeros alone", [0, 0x8000]],
  ])("is float16, exactly, of %s", (_, words) => {
    const bits = Uint16Array.from(words);
    const { halves, exponent } = scaledHalves(bits)!;
    expect(valuesOf(halves, exponent)).toEqual(fromBfloat16(bits));
  });

  test.each([
    ["a digit too small beside the largest", [0x3f80, 0x3f81 - (33 << 7)]],
    ["infinity", [0x3f80, 0x7f80]],
    ["no number", [0x7fc0]],
    ["the smallest numbers alone, which float32 itself might lose", [0x0001]],
  ])("is left as it is with %s", (_, words) => {
    expect(scaledHalves(Uint16Array.from(words))).toBeNull();
  });
});

describe("a device is not taken for exact", () => {
  const native = engines.find(({ device }) => device === "cpu") ?? engines[0]!;
  const changed = (change: (value: number) => number): Pick<Backend, "create"> => ({
    async create(...args) {
      const session = await native.create(...args);
      const run: EngineSession["run"] = async (...feeds) =>
        new Map(
          [...(await session.run(...feeds))].map(([name, value]) => [
            name,
            { ...value, data: Float32Array.from(value.data, change) },
          ]),
        );
      return { run, close: () => session.close() };
    },
  });

  test("where it takes the smallest numbers for zero", async () => {
    expect(await hasExactHalves(changed((value) => value))).toBe(true);
    expect(await hasExactHalves(changed((value) => (Math.abs(value) < 2 ** -14 ? 0 : value)))).toBe(
      false,
    );
  });

  test("where it has no float16, without a word of the engine's", async () => {
    const create = () => Promise.reject(new Error("Program Cast requires f16"));
    expect(await hasExactHalves({ create })).toBe(false);
  });
});
