/** @file GGUF in several files, as the reference package splits them (tools/make_gguf_models.py). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bytesInMemory, type ByteSource } from "../../src/base/bytes.ts";
import { InputError } from "../../src/base/errors.ts";
import { random } from "../../src/base/random.ts";
import { ggufWeights } from "../../src/formats/gguf/ggufWeights.ts";
import { readGguf } from "../../src/formats/gguf/readGguf.ts";
import { partNames } from "../../src/formats/gguf/partNames.ts";
import { readGgufFiles } from "../../src/formats/gguf/splitGguf.ts";
import { readTensor } from "../../src/formats/readTensor.ts";
import { allOf, ggufBytes, mutant, pair, tensor, u16, u32 } from "./ggufFile.ts";

const FOLDER = "test/fixtures/gguf";
const NAMES = [1, 2, 3].map((part) => `llama-0000${part}-of-00003.gguf`);
const PARTS = new Map(
  NAMES.map((name) => [name, new Uint8Array(readFileSync(join(FOLDER, "parts", name)))]),
);

/** Opens files that are at hand under these names. */
function among(files: ReadonlyMap<string, Uint8Array>) {
  return (name: string): Promise<ByteSource> => {
    const bytes = files.get(name);
    if (bytes) return Promise.resolve(bytesInMemory(name, bytes));
    return Promise.reject(new InputError("file", `there is no ${name}`));
  };
}

/** A part with a tensor, and what it says of itself. */
function part(no: number, count: number, tensors: number, name: string): Uint8Array {
  return ggufBytes({
    pairs: [
      pair("split.no", 2, u16(no)),
      pair("split.count", 2, u16(count)),
      pair("split.tensors.count", 5, u32(tensors)),
    ],
    tensors: [tensor(name, [2], 0, 0)],
    dataBytes: 8,
  });
}

/** Two parts, with what is wrong about the second. */
function two(second: Uint8Array, first = part(0, 2, 2, "a")): ReadonlyMap<string, Uint8Array> {
  return new Map([
    ["m-00001-of-00002.gguf", first],
    ["m-00002-of-00002.gguf", second],
  ]);
}

describe("readGgufFiles(fileName, open)", () => {
  test.each(NAMES)("gives the whole model when %s is named", async (name) => {
    const { gguf, files } = await readGgufFiles(name, among(PARTS));
    const whole = await readGguf(
      bytesInMemory("whole", new Uint8Array(readFileSync(join(FOLDER, "models/llama.gguf")))),
    );
    expect(files.map((file) => file.name)).toEqual(NAMES);
    expect([...gguf.tensors.keys()]).toEqual([...whole.tensors.keys()]);
    expect(gguf.metadata.get("llama.block_count")).toBe(2);
    const [ours, original] = [await ggufWeights(allOf(gguf)), await ggufWeights(allOf(whole))];
    for (const [key, weight] of original.weights)
      expect(await readTensor(ours.weights.get(key)!), key).toEqual(await readTensor(weight));
  });

  test("reads a file that is no part by itself, whatever it is called", async () => {
    const file = part(0, 1, 1, "a");
    for (const name of ["model.gguf", "m-00001-of-00002.gguf"]) {
      const { files } = await readGgufFiles(name, among(new Map([[name, file]])));
      expect(files.length).toBe(1);
    }
  });

  test.each([
    [
      "a part that is missing, by name",
      new Map([...PARTS].slice(0, 2)),
      NAMES[0]!,
      /there are no llama-00003-of-00003\.gguf beside it/,
    ],
    [
      "the first part, which is missing",
      new Map([...PARTS].slice(1)),
      NAMES[1]!,
      /there are no llama-00001-of-00003\.gguf/,
    ],
    [
      "a part under another name",
      new Map([["model.gguf", PARTS.get(NAMES[0]!)!]]),
      "model.gguf",
      /model\.gguf is one of 3 parts, which are found by a name such as NAME-00001-of-00003\.gguf/,
    ],
    [
      "a name that says another count",
      new Map([["m-00001-of-00002.gguf", PARTS.get(NAMES[0]!)!]]),
      "m-00001-of-00002.gguf",
      /is one of 3 parts/,
    ],
    [
      "parts in another order",
      two(part(0, 2, 2, "b")),
      "m-00001-of-00002.gguf",
      /m-00002-of-00002\.gguf needs split\.no 1 to belong to the other parts, got 0/,
    ],
    [
      "a part of another split",
      two(part(1, 3, 2, "b")),
      "m-00001-of-00002.gguf",
      /needs split\.count 2 to belong to the other parts, got 3/,
    ],
    [
      "a part that says nothing",
      two(ggufBytes({ tensors: [tensor("b", [2], 0, 0)], dataBytes: 8 })),
      "m-00001-of-00002.gguf",
      /needs split\.no 1 .* got none/,
    ],
    [
      "a number of tensors that is not theirs",
      two(part(1, 2, 3, "b"), part(0, 2, 3, "a")),
      "m-00001-of-00002.gguf",
      /needs split\.tensors\.count 2 .* got 3/,
    ],
    [
      "a tensor in two parts",
      two(part(1, 2, 2, "a")),
      "m-00001-of-00002.gguf",
      /has the tensor "a", as another part does/,
    ],
    [
      "a count that is no number",
      new Map([["m.gguf", ggufBytes({ pairs: [pair("split.count", 7, Uint8Array.of(1))] })]]),
      "m.gguf",
      /needs a whole number as split\.count, got true/,
    ],
  ])("refuses %s", async (_, files, name, message) => {
    const error = await readGgufFiles(name, among(files)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).code).toBe("file");
    expect((error as Error).message).toMatch(message);
  });

  test("gives a typed error or tensors of the files when parts are damaged; 3,000 of them", async () => {
    const generator = random(418);
    let accepted = 0;
    for (let round = 0; round < 3000; round++) {
      const damaged = new Map<string, Uint8Array>(PARTS);
      const name = NAMES[round % 3]!;
      damaged.set(name, mutant(PARTS.get(name)!, generator));
      try {
        const { gguf } = await readGgufFiles(NAMES[generator.integer(0, 2)]!, among(damaged));
        for (const { source, offset, sizeBytes } of gguf.tensors.values())
          expect(offset + sizeBytes).toBeLessThanOrEqual(source.sizeBytes);
        accepted++;
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
      }
    }
    expect(accepted).toBeGreaterThan(100); // most damage is to values of tensors
    expect(accepted).toBeLessThan(3000);
  });
});

describe("partNames(fileName)", () => {
  test("gives the names of all parts, and null for a name that is not a part's", () => {
    expect(partNames("a-00002-of-00003.gguf")).toEqual([
      "a-00001-of-00003.gguf",
      "a-00002-of-00003.gguf",
      "a-00003-of-00003.gguf",
    ]);
    expect(partNames("x.Q4_K-00001-of-00001.GGUF")).toEqual(["x.Q4_K-00001-of-00001.GGUF"]);
    for (const name of [
      "a.gguf",
      "a-00004-of-00003.gguf",
      "a-00000-of-00003.gguf",
      "a-1-of-3.gguf",
      "a-00001-of-99999.gguf",
    ])
      expect(partNames(name), name).toBeNull();
  });
});
