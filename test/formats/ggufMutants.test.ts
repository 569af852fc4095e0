/** @file 20,000 damaged GGUF files: refused with a typed error or read within what the file has, quickly. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { InputError } from "../../src/base/errors.ts";
import { random, type Random } from "../../src/base/random.ts";
import { ggufWeights } from "../../src/formats/gguf/ggufWeights.ts";
import { readGguf } from "../../src/formats/gguf/readGguf.ts";
import { ggufBytes, joined, pair, tensor, text, u32, u64 } from "./ggufFile.ts";

const SEEDS = [
  new Uint8Array(readFileSync("test/fixtures/gguf/tiny.gguf")),
  ggufBytes({
    pairs: [
      pair("general.alignment", 4, u32(32)),
      pair("t", 9, u32(8), u64(2), text("a"), text("b")),
      pair("n", 9, u32(9), u64(1), u32(4), u64(1), u32(5)),
    ],
    tensors: [tensor("a", [2, 3], 0, 0), tensor("b", [32], 2, 32), tensor("c", [256], 12, 64)],
    dataBytes: 256,
  }),
];
const NUMBERS = [
  0n,
  1n,
  2n,
  31n,
  2n ** 16n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 40n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];

function mutant(file: Uint8Array, { integer }: Random): Uint8Array {
  let bytes: Uint8Array = file.slice();
  for (let edits = integer(1, 4); edits > 0; edits--) {
    const at = integer(0, bytes.length - 1);
    const kind = integer(0, 3);
    if (kind === 0) bytes[at] = integer(0, 255);
    else if (kind === 1)
      bytes.set(u64(NUMBERS[integer(0, NUMBERS.length - 1)]!).subarray(0, bytes.length - at), at);
    else if (kind === 2)
      bytes = joined([bytes.subarray(0, at), bytes.subarray(at + integer(0, 9))]);
    else bytes = joined([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - integer(0, 40)))]);
    if (bytes.length === 0) return bytes;
  }
  return bytes;
}

describe("readGguf and ggufWeights of damaged files", () => {
  test("give a typed error or tensors of the file; 20,000 files, none slow, nothing made beyond 29 times the file", async () => {
    const generator = random(417);
    let accepted = 0;
    let slowestMs = 0;
    for (let round = 0; round < 20_000; round++) {
      const file = mutant(SEEDS[round % 2]!, generator);
      const source = bytesInMemory("mutant", file);
      const start = performance.now();
      try {
        const header = await readGguf(source);
        for (const { offset, sizeBytes } of header.tensors.values()) {
          if (!(offset + sizeBytes <= file.length))
            throw new Error(`round ${round}: a tensor leaves the file`);
        }
        const { weights } = await ggufWeights(source, header);
        const madeBytes = [...weights.values()].reduce((sum, weight) => sum + weight.sizeBytes, 0);
        if (madeBytes > 29 * file.length)
          // a block of Q1_0 has 18 bytes and 128 values
          throw new Error(`round ${round}: ${madeBytes} of ${file.length} bytes`);
        accepted++;
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
      }
      slowestMs = Math.max(slowestMs, performance.now() - start);
    }
    expect(accepted).toBeGreaterThan(500);
    expect(accepted).toBeLessThan(15_000);
    expect(slowestMs).toBeLessThan(2000);
  });
});
