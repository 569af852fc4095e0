import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sha256Hex } from "../../src/base/hash.ts";
import * as codebooks from "../../src/formats/gguf/dequantise/codebooks.ts";
import { GGML_TYPES, type GgmlType } from "../../src/formats/gguf/types.ts";

/** Made by tools/make_gguf_fixtures.py with the reference package `gguf`. */
const VECTORS = JSON.parse(readFileSync("test/fixtures/gguf/vectors.json", "utf8")) as Record<
  string,
  { blocks: string; values: string }
>;
const QUANTISED = Object.entries(GGML_TYPES).filter(([, type]) => "dequantise" in type);

describe.each(QUANTISED)("dequantising %s", (name, type) => {
  const { blockValues, blockBytes, dequantise } = type as Required<GgmlType>;

  test("is bit for bit what the reference package gives", () => {
    const blocks = new Uint8Array(Buffer.from(VECTORS[name]!.blocks, "base64"));
    const expected = new Uint8Array(Buffer.from(VECTORS[name]!.values, "base64"));
    const values = new Float32Array((blocks.length / blockBytes) * blockValues);
    dequantise(blocks, values);
    expect(values.byteLength).toBe(expected.length);
    expect(Buffer.compare(new Uint8Array(values.buffer), expected)).toBe(0);
  });

  test("gives only zeros for a block of zeros that has no offset, and leaves the block as it was", () => {
    const blocks = new Uint8Array(blockBytes);
    const values = new Float32Array(blockValues).fill(7);
    dequantise(blocks, values);
    expect(values.every((value) => value === 0)).toBe(true);
    expect(blocks.every((byte) => byte === 0)).toBe(true);
  });
});

test("the vectors have every type that is dequantised, and no other", () => {
  expect(Object.keys(VECTORS).sort()).toEqual(QUANTISED.map(([name]) => name).sort());
});

test("the codebooks of the IQ types are those of the reference package, to the last value", async () => {
  const expected = JSON.parse(readFileSync("test/fixtures/gguf/codebooks.json", "utf8")) as object;
  const hashes = Object.entries(codebooks).map(async ([name, { values }]) => {
    return [name, await sha256Hex(new Uint8Array(values.buffer))] as const;
  });
  expect(Object.fromEntries(await Promise.all(hashes))).toEqual(expected);
});
