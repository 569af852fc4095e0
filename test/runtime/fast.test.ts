/** @file Products of eight bits: exact where all numbers are codes, within half a scale elsewhere, and never without a word. */
import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/base/backend.ts";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { random } from "../../src/base/random.ts";
import { tensor } from "../../src/base/tensor.ts";
import { resumeKey } from "../../src/cli/resumeFile.ts";
import { builder } from "../../src/graph/builder.ts";
import { openModel } from "../../src/models/open.ts";
import { lower } from "../../src/graph/onnx/lower.ts";
import { engineFor } from "../../src/runtime/engineFor.ts";
import { planMemory } from "../../src/runtime/memory.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { score } from "../../src/studies/score/score.ts";
import { backends } from "./backends.ts";

const [ROWS, INNER, OUT] = [6, 96, 40];

/** values[row, inner] x weights[out, inner], as the checkpoints of most families have them. */
function product(weights: Float32Array) {
  const b = builder();
  const source = bytesInMemory("W", new Uint8Array(weights.buffer));
  const [shape, sizeBytes] = [[OUT, INNER], source.sizeBytes];
  const stored = { type: "F32" as const, shape, source, offset: 0, sizeBytes };
  const w = b.weight({ name: "W", axes: { d_mlp: OUT, d_model: INNER }, stored });
  const x = b.input("x", "float32", { position: "position", d_model: INNER });
  return b.program([b.contract(x, w, ["position", "d_mlp"])]);
}

async function multiplied(
  backend: Backend,
  values: Float32Array,
  weights: Float32Array,
  bits: 8 | 16 = 8,
) {
  const session = await prepare(product(weights), { ...backend, rounding: { bits } });
  const feeds = new Map([["x", tensor(["position", "d_model"], [ROWS, INNER], values)]]);
  const [out] = [...(await session.run(feeds)).values()];
  await session.close();
  return out!.data;
}

function exact(values: Float32Array, weights: Float32Array): number[] {
  return Array.from({ length: ROWS * OUT }, (_, at) => {
    const [row, out] = [Math.floor(at / OUT), at % OUT];
    let sum = 0;
    for (let k = 0; k < INNER; k++) sum += values[row * INNER + k]! * weights[out * INNER + k]!;
    return sum;
  });
}

const draw = random(4);

/** Integers from -127 to 127, where sixteen of a row's are the largest: eight are taken as they are, the others set the scale to 1. */
const codes = (rows: number) =>
  Float32Array.from({ length: rows * INNER }, (_, at) =>
    at % INNER < 16 ? 127 : draw.integer(-127, 127),
  );

const largest = (numbers: Float32Array, row: number) =>
  Math.max(...numbers.subarray(row * INNER, (row + 1) * INNER).map(Math.abs));

for (const backend of await backends()) {
  if (backend.device === "webgpu") continue;
  describe(`fast products on ${backend.device}`, () => {
    test("are exact where values and weights are codes", async () => {
      const [values, weights] = [codes(ROWS), codes(OUT)];
      expect([...(await multiplied(backend, values, weights))]).toEqual(exact(values, weights));
    });

    test("are off by half a scale of each number at most, also beside a value a thousand times as large", async () => {
      const values = Float32Array.from({ length: ROWS * INNER }, () => draw.normal());
      const weights = Float32Array.from({ length: OUT * INNER }, () => draw.normal());
      const usual = Float32Array.from(values);
      for (let row = 0; row < ROWS; row++) values[row * INNER + 5] = 1000 * (row + 1);
      const [got, expected] = [await multiplied(backend, values, weights), exact(values, weights)];
      for (const [at, value] of got.entries()) {
        const [row, out] = [Math.floor(at / OUT), at % OUT];
        const [a, b] = [largest(usual, row) / 254, largest(weights, out) / 254];
        let most = 0;
        for (let k = 0; k < INNER; k++)
          most +=
            Math.abs(values[row * INNER + k]!) * b + (Math.abs(weights[out * INNER + k]!) + b) * a;
        expect(Math.abs(value - expected[at]!)).toBeLessThan(most);
      }
    });

    test("of zeros are zeros", async () => {
      const zeros = new Float32Array(OUT * INNER);
      const got = await multiplied(backend, codes(ROWS), zeros);
      expect(got.every((value) => value === 0)).toBe(true);
    });

    test("score a model nearly as float32 does, and the Result says how far off they are", async () => {
      const model = await openModel("zoo:attn-2l");
      const sentences: string[] = [];
      const say = (words: string) => void sentences.push(words);
      const options = { numExamples: 10, seqLen: 32 };
      const precise = await score(model, { ...options, backend });
      const rounding = { ...backend, rounding: { bits: 8 as const, say } };
      const fast = await score(model, { ...options, backend: rounding });
      expect(precise.environment).not.toHaveProperty("bits");
      expect(fast.environment.bits).toBe(8);
      const words =
        /^fast: products of 8 bits; on a row of 32 tokens they change attention by up to ([\d.]+) and logits by up to ([\d.]+) % of the largest$/;
      const [, attention, logits] = words.exec(fast.environment.choice!)!.map(Number);
      expect(sentences).toEqual([fast.environment.choice]);
      expect(attention).toBeGreaterThan(1e-4);
      expect(attention).toBeLessThan(0.1);
      expect(logits).toBeLessThan(5);
      for (const [layer, heads] of precise.scores.induction.entries())
        for (const [head, value] of heads.entries())
          expect(Math.abs(fast.scores.induction[layer]![head]! - value)).toBeLessThan(0.02);
      expect(fast.scores).not.toEqual(precise.scores);
      const again = await score(model, { ...options, backend, fast: true });
      expect(again.scores).toEqual(fast.scores);
    });
  });
}

const [processor] = await backends();

test("fast is refused where the device has neither products of 8 bits nor float16", async () => {
  const model = await openModel("zoo:attn-2l");
  const backend = { ...processor!, device: "webgpu" as const };
  await expect(engineFor(model, { backend, fast: true })).rejects.toThrow(
    "`fast` rounds to 8 bits on the processor (device cpu or wasm), and to float16 on a WebGPU adapter that has it, outside browsers; got device webgpu",
  );
});

describe("fast products of float16", async () => {
  const webgpu = (await backends()).find(({ device }) => device === "webgpu");
  const hasHalves = webgpu?.keepsHalves ?? false;
  /** The processor in place of an adapter without float16: its engine makes float16 of weights alone. */
  const device = hasHalves
    ? webgpu!
    : { ...processor!, device: "webgpu" as const, keepsHalves: true };

  test("are made of values and weights", () => {
    const { nodes } = lower(product(new Float32Array(OUT * INNER)), { products: "float16" });
    const casts = nodes.filter(
      ({ type, attributes }) => type === "Cast" && attributes!["to"] === 10,
    );
    const gemm = nodes.find(({ type }) => type === "Gemm")!;
    expect(gemm.inputs).toEqual(casts.map(({ outputs }) => outputs[0]));
    expect(casts).toHaveLength(2);
  });

  test.skipIf(!hasHalves)(
    "are exact where all numbers are float16's, and round those that are not",
    async () => {
      const numbers = (count: number) =>
        Float32Array.from({ length: count }, () => draw.integer(-3, 3));
      const [values, weights] = [numbers(ROWS * INNER), numbers(OUT * INNER)];
      values[0] = weights[0] = 1;
      const rounded = exact(values, weights);
      expect([...(await multiplied(device, values, weights, 16))]).toEqual(rounded);
      values[0] = weights[0] = 1 + 2 ** -12;
      expect([...(await multiplied(device, values, weights, 16))]).toEqual(rounded);
    },
  );

  test("say how far off they are, in the Result too", async () => {
    const model = await openModel("zoo:attn-2l");
    const options = { numExamples: 10, seqLen: 32, backend: device };
    const precise = await score(model, options);
    const fast = await score(model, { ...options, fast: true });
    expect(fast.environment).toMatchObject({ device: "webgpu", bits: 16 });
    expect(fast.environment.choice).toMatch(
      /^fast: products of float16; on a row of 32 tokens they change attention by up to \S+ and logits by up to \S+ % of the largest$/,
    );
    expect(fast.scores).not.toEqual(precise.scores);
    for (const [layer, heads] of precise.scores.induction.entries())
      for (const [head, value] of heads.entries())
        expect(Math.abs(fast.scores.induction[layer]![head]! - value)).toBeLessThan(0.005);
  });

  test.skipIf(!hasHalves)("are refused for a model whose numbers float16 has not", async () => {
    const model = await openModel("zoo:attn-2l");
    const b = builder(model.program);
    const large = b.mul("blocks.0.hook_resid_pre", b.constant("large", {}, [1e6]));
    const program = {
      ...b.program([
        b.contract(large, "blocks.0.attn.W_Q", ["batch", "position", "head", "d_head"]),
      ]),
    };
    await expect(engineFor({ program }, { backend: device, fast: true })).rejects.toThrow(
      "`fast` gives numbers that are none on this model, since it has some that float16 has not; without it they are right",
    );
  });
});

test("steps that fast products finished are not those of float32", async () => {
  const model = await openModel("zoo:attn-2l");
  const facts = { study: "verdict", model, options: {} };
  const fast = { ...processor!, rounding: { bits: 8 as const } };
  expect(resumeKey({ ...facts, backend: fast })).not.toBe(
    resumeKey({ ...facts, backend: processor! }),
  );
});

test("a plan of memory counts what rounding takes while a session is made", async () => {
  const { program } = await openModel("zoo:attn-2l");
  const engine = { mapsFiles: true, device: "cpu" as const };
  const plain = planMemory(program, engine, {});
  const rounded = planMemory(program, { ...engine, rounding: { bits: 8 } }, {});
  expect(rounded.totalBytes).toBeGreaterThan(plain.totalBytes);
  expect(rounded.weightBytes).toBeLessThan(plain.weightBytes);
});
