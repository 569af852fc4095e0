/** @file 20,000 damaged GGUF files: refused with a typed error or read within what the file has, quickly. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { InputError } from "../../src/base/errors.ts";
import { random } from "../../src/base/random.ts";
import { ggufWeights } from "../../src/formats/gguf/ggufWeights.ts";
import { readGguf } from "../../src/formats/gguf/readGguf.ts";
import { allOf, ggufBytes, mutant, pair, tensor, text, u32, u64 } from "./ggufFile.ts";
import { usedMs } from "../usedMs.ts";

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
describe("readGguf and ggufWeights of damaged files", () => {
  test("give a typed error or tensors of the file; 20,000 files, none slow, nothing made beyond 29 times the file", async () => {
    const generator = random(417);
    let accepted = 0;
    let slowestMs = 0;
    for (let round = 0; round < 20_000; round++) {
      const file = mutant(SEEDS[round % 2]!, generator);
      const source = bytesInMemory("mutant", file);
      const start = usedMs();
      try {
        const header = await readGguf(source);
        for (const { offset, sizeBytes } of header.tensors.values()) {
          if (!(offset + sizeBytes <= file.length))
            throw new Error(`round ${round}: a tensor leaves the file`);
        }
        const { weights } = await ggufWeights(allOf(header));
        const madeBytes = [...weights.values()].reduce((sum, weight) => sum + weight.sizeBytes, 0);
        if (madeBytes > 29 * file.length)
          // a block of Q1_0 has 18 bytes and 128 values
          throw new Error(`round ${round}: ${madeBytes} of ${file.length} bytes`);
        accepted++;
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
      }
      slowestMs = Math.max(slowestMs, usedMs() - start);
    }
    expect(accepted).toBeGreaterThan(500);
    expect(accepted).toBeLessThan(15_000);
    expect(slowestMs).toBeLessThan(2000);
  });
});
