import { expect, test } from "vitest";
import { builder } from "../../src/graph/builder.ts";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { rowsPerRun } from "../../src/runtime/chunks.ts";

/** A product that takes `width` squared multiply-adds for each token. Its weight is never read. */
function product(width: number) {
  const b = builder();
  const x = b.input("x", "float32", { batch: "batch", position: "position", d_model: width });
  const source = { ...bytesInMemory("W", new Uint8Array(0)), sizeBytes: 4 * width * width };
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
