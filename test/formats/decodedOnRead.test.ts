/** @file Tensors that are decoded where they are read: any part of them, from runs of any types. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { random } from "../../src/base/random.ts";
import { decodeBlocks, type Decoder } from "../../src/formats/gguf/decodeBlocks.ts";
import { decodedOnRead } from "../../src/formats/gguf/decodedOnRead.ts";
import { GGML_TYPES, type GgmlTypeName } from "../../src/formats/gguf/types.ts";
import { valuesOf, type BlockRun, type WantedTensor } from "../../src/formats/gguf/wantedTensor.ts";
import { words } from "../../src/formats/readTensor.ts";

const TYPES = ["Q4_1", "Q6_K", "Q8_0", "F16", "F32"] as const;

/** Runs of random blocks of random types that lie in a file in another order, with other bytes between them. */
function drawRuns(seed: number, count: number): BlockRun[] {
  const draw = random(seed);
  const bytes = Uint8Array.from({ length: 40_000 }, () => draw.integer(0, 60)); // as halves and floats: small, finite
  const source = bytesInMemory("model.gguf", bytes);
  return Array.from({ length: count }, () => {
    const type: GgmlTypeName = TYPES[draw.integer(0, TYPES.length - 1)]!;
    const sizeBytes = GGML_TYPES[type].blockBytes * draw.integer(1, 5);
    return { source, type, offset: draw.integer(0, bytes.length - sizeBytes), sizeBytes };
  });
}

/** All values of the runs, one after another, without the code that is tested. */
async function expectedOf(runs: readonly BlockRun[]): Promise<Float32Array> {
  const parts: number[] = [];
  for (const run of runs) {
    const values = new Float32Array(valuesOf(run));
    decodeBlocks(run.type, await run.source.read(run.offset, run.sizeBytes), values);
    parts.push(...values);
  }
  return Float32Array.from(parts);
}

async function wantedOf(runs: readonly BlockRun[]) {
  const all = await expectedOf(runs);
  return { all, tensor: { shape: [all.length], runs } satisfies WantedTensor };
}

describe("decodedOnRead", () => {
  test.each([1, 2, 3, 4, 5, 6])(
    "gives any part of runs of several types, seed %i",
    async (seed) => {
      const draw = random(seed);
      const { all, tensor } = await wantedOf(drawRuns(seed, 12));
      const { source, sizeBytes, type } = decodedOnRead(tensor, decodeBlocks);
      expect([type, sizeBytes]).toEqual(["F32", 4 * all.length]);
      const bytes = new Uint8Array(all.buffer);
      for (let trial = 0; trial < 30; trial++) {
        const from = draw.integer(0, sizeBytes - 1);
        const length = draw.integer(1, sizeBytes - from);
        expect(await source.read(from, length)).toEqual(bytes.slice(from, from + length));
        const into = new Uint8Array(length + 8).fill(7);
        const start = trial % 8; // aligned, and not
        await source.readInto!(from, into.subarray(start, start + length));
        expect(into.slice(start, start + length)).toEqual(bytes.slice(from, from + length));
        expect(
          [...into.slice(0, start), ...into.slice(start + length)].every((at) => at === 7),
        ).toBe(true);
      }
    },
  );

  test("changes groups of runs whole, whatever part is read, and again after a fault", async () => {
    const { all, tensor } = await wantedOf(drawRuns(9, 6));
    const [first, second] = [0, 3].map((at) =>
      tensor.runs.slice(at, at + 3).reduce((sum, run) => sum + valuesOf(run), 0),
    ) as [number, number];
    let faults = 1;
    let decodings = 0;
    const decoder: Decoder = (...args) => {
      if (faults-- > 0) throw new Error("lost");
      decodings++;
      return decodeBlocks(...args);
    };
    const reversed = (values: Float32Array) => values.toReversed();
    const { source } = decodedOnRead({ ...tensor, change: { runs: 3, of: reversed } }, decoder);
    const expected = [
      ...all.slice(0, first).toReversed(),
      ...all.slice(first, first + second).toReversed(),
    ];
    await expect(source.read(0, 4)).rejects.toThrow("lost");
    for (const [from, count] of [
      [0, 5],
      [5, first - 5],
      [first - 2, 4],
      [0, all.length],
    ] as const) {
      const values = words(Float32Array, await source.read(4 * from, 4 * count));
      expect([...values]).toEqual(expected.slice(from, from + count));
    }
    expect(decodings).toBeGreaterThan(0);
  });
});

/** Threads run compiled code alone. */
const COMPILED = join(import.meta.dirname, "../../dist/formats/gguf/decodeInThreads.js");

test.skipIf(!existsSync(COMPILED))(
  "threads decode the same as one, whatever the size",
  { timeout: 60_000 },
  async () => {
    const { decoderFor } = (await import(COMPILED)) as { decoderFor: (cores: number) => Decoder };
    const inThreads = decoderFor(4);
    const draw = random(3);
    for (const [type, blocks] of [
      ["Q4_1", 3],
      ["Q4_1", 2 ** 13 + 5],
      ["Q6_K", 2 ** 10 * 40 + 1], // more tasks than lanes
    ] as const) {
      const { blockBytes, blockValues } = GGML_TYPES[type];
      const bytes = Uint8Array.from({ length: blocks * blockBytes }, () => draw.integer(0, 60));
      const [one, many] = [
        new Float32Array(blocks * blockValues),
        new Float32Array(blocks * blockValues),
      ];
      decodeBlocks(type, bytes, one);
      await inThreads(type, bytes, many);
      expect(Buffer.compare(Buffer.from(many.buffer), Buffer.from(one.buffer))).toBe(0);
      expect(one.some((value) => value !== 0)).toBe(true);
    }
  },
);
