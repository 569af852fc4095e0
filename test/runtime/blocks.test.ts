/** @file Weights in blocks of four bits are multiplied as they are: the numbers of decoded ones, on every engine. */
import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/base/backend.ts";
import { bytesInMemory, type StoredTensor } from "../../src/base/bytes.ts";
import { random } from "../../src/base/random.ts";
import { tensor } from "../../src/base/tensor.ts";
import { blocksAsTheyLie } from "../../src/formats/gguf/blocksAsTheyLie.ts";
import { decodeBlocks } from "../../src/formats/gguf/decodeBlocks.ts";
import { q4_0 } from "../../src/formats/gguf/dequantise/q4_0.ts";
import type { BlockRun } from "../../src/formats/gguf/wantedTensor.ts";
import { builder } from "../../src/graph/builder.ts";
import { lower } from "../../src/graph/onnx/lower.ts";
import { planMemory } from "../../src/runtime/memory.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { backends } from "./backends.ts";

const [ROWS, INNER] = [320, 512];
const BLOCKS = (ROWS * INNER) / 32;
const draw = random(3);

/** Any codes, and scales of any sign between 2^-6 and 2^-3: a half's bits. */
const file = Uint8Array.from({ length: 18 * BLOCKS }, (_, at) =>
  at % 18 === 1 ? 0x24 + 0x80 * draw.integer(0, 1) + draw.integer(0, 11) : draw.integer(0, 255),
);
const values = new Float32Array(ROWS * INNER);
q4_0(file, values);

/** The tensor in two runs, of which the second lies first, behind other bytes. */
function stored(): StoredTensor {
  const cut = 18 * 1000;
  const moved = new Uint8Array([...file.subarray(cut), ...[1, 2, 3], ...file.subarray(0, cut)]);
  const source = bytesInMemory("model.gguf", moved);
  const run = (offset: number, sizeBytes: number): BlockRun => ({
    ...{ source, type: "Q4_0", offset, sizeBytes },
  });
  const runs = [run(file.length - cut + 3, cut), run(0, file.length - cut)];
  return blocksAsTheyLie({ shape: [ROWS, INNER], runs }, decodeBlocks)!;
}

const decoded = bytesInMemory("decoded", new Uint8Array(values.buffer));
const plain: StoredTensor = {
  type: "F32",
  shape: [ROWS, INNER],
  source: decoded,
  offset: 0,
  sizeBytes: decoded.sizeBytes,
};

const OUT = { head: 5, d_head: ROWS / 5 };

/** x W, in rows of heads, with a scale and a bias; `part`: the third head alone. */
function product(weight: StoredTensor, isPart = false) {
  const b = builder();
  const x = b.input("x", "float32", { batch: "batch", d_model: INNER });
  const w = b.weight({
    name: "W",
    axes: { ...OUT, d_model: INNER },
    stored: weight,
    ...(isPart && { select: [{ axis: "head", index: 2 }] }),
  });
  return b.program([
    b.contract(x, w, isPart ? ["batch", "d_head"] : ["batch", "head", "d_head"], { scale: 0.5 }),
  ]);
}

const rowsOf = (count: number) => {
  const numbers = random(4);
  const data = Float32Array.from({ length: 64 * INNER }, () => numbers.normal());
  return new Map([
    ["x", tensor(["batch", "d_model"], [count, INNER], data.subarray(0, count * INNER))],
  ]);
};

async function multiplied(weight: StoredTensor, backend: Backend, count: number, isPart = false) {
  const program = product(weight, isPart);
  const session = await prepare(program, backend, { batch: count });
  const trace = await session.run(rowsOf(count));
  await session.close();
  return trace.get(program.outputs[0]!)!.data;
}

/** The largest difference as a share of the largest number. */
const apart = (got: Float32Array, expected: Float32Array) =>
  got.reduce((most, value, at) => Math.max(most, Math.abs(value - expected[at]!)), 0) /
  expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe("a tensor of Q4_0 blocks", () => {
  const { blocks, source } = stored();

  test("reads as the float32 numbers that it stands for, in any part", async () => {
    expect(
      Buffer.compare(await source.read(0, source.sizeBytes), new Uint8Array(values.buffer)),
    ).toBe(0);
    for (const [offset, length] of [
      [4 * 31, 4 * 2],
      [4 * 31_990, 4 * 30],
      [6, 5],
    ] as const)
      expect(await source.read(offset, length)).toEqual(
        new Uint8Array(values.buffer).slice(offset, offset + length),
      );
  });

  test("is its codes less 8 times its scales, to the last bit", async () => {
    const codes = await blocks!.codes.read(0, blocks!.codes.sizeBytes);
    const scales = new Float32Array(
      (await blocks!.scales.read(0, blocks!.scales.sizeBytes)).buffer,
    );
    const code = (at: number) => (codes[at >> 1]! >> (4 * (at & 1))) & 15;
    expect(values.every((value, at) => value === (code(at) - 8) * scales[at >> 5]!)).toBe(true);
    expect(await blocks!.codes.read(33, 20)).toEqual(codes.slice(33, 53));
    expect(await blocks!.scales.read(10, 7)).toEqual(new Uint8Array(scales.buffer).slice(10, 17));
  });

  test("has no blocks where its values are changed, or are of another type", () => {
    const run = { source, type: "Q4_0", offset: 0, sizeBytes: 18 } as const;
    expect(
      blocksAsTheyLie(
        { shape: [32], runs: [run], change: { runs: 1, of: (each) => each } },
        decodeBlocks,
      ),
    ).toBeNull();
    expect(
      blocksAsTheyLie({ shape: [32], runs: [{ ...run, type: "Q4_1" }] }, decodeBlocks),
    ).toBeNull();
  });

  test("takes a fifth of the memory of decoded ones in a session, of which the room stays twice", () => {
    const inFile = { ...plain, source: { ...decoded, realPath: "/decoded" } };
    const bytesOf = (weight: StoredTensor) =>
      planMemory(product(weight), { mapsFiles: true }, { batch: 1 }).weightBytes;
    expect(bytesOf(stored()) / bytesOf(inFile)).toBeCloseTo(0.15625 / 2, 5);
  });
});

describe.each((await backends()).map((engine) => [engine.device, engine] as const))(
  "on %s",
  (device, engine) => {
    test.runIf(device !== "webgpu")(
      "a product with blocks as they are is that with decoded ones within 1e-5 of its largest number",
      async () => {
        const nodes = lower(product(stored())).nodes.map(({ type }) => type);
        expect(nodes).toContain("MatMulNBits");
        expect(nodes).not.toContain("Gemm");
        for (const [rows, isPart] of [
          [1, false],
          [3, false],
          [64, false],
          [64, true],
        ] as const) {
          const got = await multiplied(stored(), engine, rows, isPart);
          const difference = apart(got, await multiplied(plain, engine, rows, isPart));
          console.log(`${device}, ${rows} rows: ${difference.toExponential(1)}`);
          expect(difference).toBeLessThan(1e-5);
        }
      },
    );

    test("rows have the same bytes however many there are", async () => {
      const [all, some] = [
        await multiplied(stored(), engine, 64),
        await multiplied(stored(), engine, 7),
      ];
      expect(all.slice(0, some.length)).toEqual(some);
    });
  },
);
