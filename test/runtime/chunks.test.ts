import { expect, test } from "vitest";
import { random } from "../../src/base/random.ts";
import { tensor } from "../../src/base/tensor.ts";
import { nativeBackend } from "../../src/runtime/native.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { builder } from "../../src/graph/builder.ts";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { rowsPerRun, scoredRowsPerRun } from "../../src/runtime/chunks.ts";
import { memoryBudget } from "../../src/runtime/memoryBudget.ts";
import { backends } from "./backends.ts";

/** A product that takes `width` squared multiply-adds for each token. Its weight is never read. */
function product(width: number) {
  const b = builder();
  const x = b.input("x", "float32", { batch: "batch", position: "position", d_model: width });
  const inFile = { sizeBytes: 4 * width * width, realPath: "/W" };
  const source = { ...bytesInMemory("W", new Uint8Array(0)), ...inFile };
  const stored = {
    type: "F32",
    shape: [width, width],
    source,
    offset: 0,
    sizeBytes: source.sizeBytes,
  } as const;
  const weight = b.weight({ name: "W", axes: { d_model: width, d_mlp: width }, stored });
  return b.program([b.contract(x, weight, ["batch", "position", "d_mlp"])]);
}

test.each([
  ["cpu", 1_000, 64, 5], // 320 tokens
  ["cpu", 10_000, 64, 4], // 30e9 multiply-adds
  ["cpu", 33_000, 64, 3], // 192 tokens, whatever they take
  ["cpu", 33_000, 100, 1],
  ["cpu", 33_000, 500, 1],
  ["wasm", 1_000, 64, 5],
  ["wasm", 33_000, 64, 1],
  ["webgpu", 1_000, 64, 50],
] as const)(
  "on %s a width of %d and rows of %d tokens make runs of %d rows",
  (device, width, length, rows) => {
    expect(rowsPerRun(product(width), { device }, length)).toBe(rows);
  },
);

test.each([
  ["cpu", 16, 1_000, 40], // 2,560 tokens
  ["cpu", 64, 1_000, 50], // 3,200 tokens, whatever the threads
  ["cpu", 16, 33_000, 3], // 240e9 multiply-adds
  ["cpu", 1, 1_000, 5],
  ["wasm", 16, 1_000, 5],
] as const)(
  "on %s, %d threads and a width of %d make runs of %d rows of 64 tokens",
  (device, threads, width, rows) => {
    expect(rowsPerRun(product(width), { device, threads }, 64)).toBe(rows);
  },
);

test("runs of scores are longer where a model does not fit its memory", async () => {
  const [backend] = await backends();
  const program = product(33_000); // weights of 4.4 GB
  const rowsIn = (bytes: number) =>
    scoredRowsPerRun(
      program,
      { ...backend!, device: "cpu", budget: memoryBudget(bytes, true) },
      64,
    );
  expect(rowsIn(1e9)).toBe(5);
  expect(rowsIn(10e9)).toBe(3);
});

test("a session that is alone has the same numbers with spinning threads, also beside another", async () => {
  const four = await nativeBackend(4);
  if (!four)
    return console.warn("SKIPPED: spinning threads, because onnxruntime-node is not installed");
  const b = builder();
  const x = b.input("x", "float32", { row: "row", d: 64 });
  const y = b.input("y", "float32", { d: 64, column: 64 });
  const program = b.program([b.contract(x, y, ["row", "column"])]);
  const draw = random(1);
  const values = (count: number) => Float32Array.from({ length: count }, () => draw.normal());
  const feeds = new Map([
    ["x", tensor(["row", "d"], [300, 64], values(300 * 64))],
    ["y", tensor(["d", "column"], [64, 64], values(64 * 64))],
  ]);
  const [sleeping, spinning] = [
    await prepare(program, four),
    await prepare(program, four, {}, { isAlone: true }),
  ];
  const [one, other] = [await sleeping.run(feeds), await spinning.run(feeds)];
  expect(other).toEqual(one);
  await sleeping.close();
  await spinning.close();
});
