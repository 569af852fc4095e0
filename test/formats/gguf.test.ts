import { existsSync, readFileSync } from "node:fs";
import { gguf as libraryGguf } from "@huggingface/gguf";
import { describe, expect, test } from "vitest";
import { bytesInMemory, type ByteSource } from "../../src/base/bytes.ts";
import { InputError } from "../../src/base/errors.ts";
import { fileSource } from "../../src/formats/file.ts";
import { ggufWeights } from "../../src/formats/gguf/ggufWeights.ts";
import { readGguf } from "../../src/formats/gguf/readGguf.ts";
import { entriesOf, whole } from "../../src/formats/gguf/wantedTensor.ts";
import { readTensor } from "../../src/formats/readTensor.ts";
import { allOf, ggufBytes, ggufFile, joined, pair, tensor, text, u32, u64 } from "./ggufFile.ts";

const F32 = 0;
const Q4_0 = 2;
const ONE = { tensors: [tensor("w", [2, 3], F32, 0)], dataBytes: 24 };
const texts = (length: number | bigint, ...values: string[]) =>
  joined([u32(8), u64(length), ...values.map(text)]);

/** Rule broken, file, what the error says. */
const BROKEN: readonly (readonly [string, ByteSource, RegExp])[] = [
  [
    "an empty file",
    bytesInMemory("model.gguf", new Uint8Array(0)),
    /ends within the magic number: 4 bytes are needed at 0, got 0/,
  ],
  ["another magic number", ggufFile({ magic: "GGML" }), /needs to begin with GGUF/],
  [
    "a file of 20 bytes",
    bytesInMemory("model.gguf", ggufBytes({}).slice(0, 20)),
    /ends within the number of metadata keys/,
  ],
  ["version 1", ggufFile({ version: 1 }), /needs GGUF version 2 or 3, little endian, got 1/],
  ["version 4", ggufFile({ version: 4 }), /got 4/],
  ["a big-endian file", ggufFile({ version: 0x03000000 }), /got a big-endian file/],
  [
    "2^63 tensors",
    ggufFile({ tensorCount: 2n ** 63n }),
    /needs the number of tensors below 2\^53, got 9223372036854775808/,
  ],
  [
    "more tensors than fit",
    ggufFile({ ...ONE, tensorCount: 1000 }),
    /says it has 1000 tensors, but has room for \d/,
  ],
  [
    "more metadata than fits",
    ggufFile({ pairCount: 2n ** 40n }),
    /says it has 1099511627776 metadata keys, but has room for 0/,
  ],
  [
    "a key longer than the file",
    ggufFile({ pairs: [u64(2n ** 50n)], pairCount: 1, dataBytes: 64 }),
    /ends within a metadata key: 1125899906842624 bytes are needed/,
  ],
  [
    "a key that is not UTF-8",
    ggufFile({ pairs: [joined([u64(1), Uint8Array.of(0xff), u32(4), u32(1)])] }),
    /needs valid UTF-8 in a metadata key/,
  ],
  [
    "a text that is not UTF-8",
    ggufFile({ pairs: [pair("k", 8, u64(1), Uint8Array.of(0x80))] }),
    /needs valid UTF-8 in metadata "k"/,
  ],
  [
    "a key that is there twice",
    ggufFile({ pairs: [pair("k", 4, u32(1)), pair("k", 4, u32(2))] }),
    /has the metadata key "k" twice/,
  ],
  [
    "value type 13",
    ggufFile({ pairs: [pair("k", 13, u64(0))] }),
    /metadata "k" has value type 13, which GGUF does not know/,
  ],
  [
    "an array of value type 99",
    ggufFile({ pairs: [pair("k", 9, u32(99), u64(1), u64(0))] }),
    /has value type 99/,
  ],
  [
    "an array of 2^40 texts",
    ggufFile({ pairs: [pair("k", 9, texts(2n ** 40n, "a"))] }),
    /says it has 1099511627776 values in metadata "k"/,
  ],
  [
    "an array of 2^40 bytes",
    ggufFile({ pairs: [pair("k", 9, u32(0), u64(2n ** 40n))] }),
    /values in metadata "k", but has room for \d+/,
  ],
  [
    "arrays nested five deep",
    ggufFile({
      pairs: [pair("k", 9, ...Array.from({ length: 5 }, () => joined([u32(9), u64(1)])), texts(0))],
    }),
    /nests arrays deeper than 4/,
  ],
  [
    "an alignment of 0",
    ggufFile({ ...ONE, pairs: [pair("general.alignment", 4, u32(0))] }),
    /needs a power of two as general.alignment, got 0/,
  ],
  [
    "an alignment of 48",
    ggufFile({ ...ONE, pairs: [pair("general.alignment", 4, u32(48))] }),
    /got 48/,
  ],
  [
    "an alignment of 2^53 - 1",
    ggufFile({ ...ONE, pairs: [pair("general.alignment", 10, u64(2n ** 53n - 1n))] }),
    /got 9007199254740991/,
  ],
  [
    "an alignment in words",
    ggufFile({ ...ONE, pairs: [pair("general.alignment", 8, text("32"))] }),
    /power of two/,
  ],
  [
    "five axes",
    ggufFile({ tensors: [tensor("w", [1, 1, 1, 1, 1], F32, 0)], dataBytes: 4 }),
    /tensor "w" needs at most 4 axes, got 5/,
  ],
  [
    "2^32 - 1 axes",
    ggufFile({ tensors: [joined([text("w"), u32(2 ** 32 - 1), u64(0), u64(0)])] }),
    /got 4294967295/,
  ],
  [
    "an axis of 0",
    ggufFile({ tensors: [tensor("w", [0, 2], F32, 0)] }),
    /tensor "w" needs axes of at least 1, got 2 x 0/,
  ],
  [
    "an axis of 2^63",
    ggufFile({ tensors: [tensor("w", [2n ** 63n], F32, 0)] }),
    /needs the shape of tensor "w" below 2\^53/,
  ],
  [
    "a product beyond 2^64",
    ggufFile({ tensors: [tensor("w", [2 ** 33, 2 ** 33], F32, 0)] }),
    /tensor "w" of F32 and shape 8589934592 x 8589934592 is larger than the file/,
  ],
  [
    "a type that ggml does not know",
    ggufFile({ tensors: [tensor("w", [1], 77, 0)] }),
    /tensor "w" has type 77, which ggml does not know/,
  ],
  [
    "a type that was taken out",
    ggufFile({ tensors: [tensor("w", [1], 31, 0)] }),
    /has type 31, Q4_0_4_4, which ggml has no more: quantise the model anew/,
  ],
  [
    "a row that is no whole number of blocks",
    ggufFile({ tensors: [tensor("w", [48, 2], Q4_0, 0)], dataBytes: 54 }),
    /of Q4_0 needs rows of a multiple of 32 values, got 2 x 48/,
  ],
  [
    "an offset that is not aligned",
    ggufFile({ tensors: [tensor("w", [1], F32, 4)], dataBytes: 8 }),
    /needs an offset that is a multiple of 32, got 4/,
  ],
  [
    "an offset past the end",
    ggufFile({ ...ONE, tensors: [tensor("w", [2, 3], F32, 2 ** 40)] }),
    /tensor "w" needs bytes 1099511627872 to 1099511627896, but the file has 120/,
  ],
  [
    "an offset of 2^64 - 32",
    ggufFile({ ...ONE, tensors: [tensor("w", [2, 3], F32, 2n ** 64n - 32n)] }),
    /needs the offset of tensor "w" below 2\^53/,
  ],
  ["a truncated file", ggufFile({ ...ONE, cut: 1 }), /needs bytes 96 to 120, but the file has 119/],
  [
    "tensors that overlap",
    ggufFile({ tensors: [tensor("a", [16], F32, 0), tensor("b", [8], F32, 32)], dataBytes: 64 }),
    /tensor "b" overlaps another at byte/,
  ],
  [
    "a tensor that is there twice",
    ggufFile({ tensors: [tensor("a", [1], F32, 0), tensor("a", [1], F32, 32)], dataBytes: 64 }),
    /tensor "a" is there twice/,
  ],
];

describe("readGguf(source)", () => {
  test.each(BROKEN)("refuses %s", async (_, source, message) => {
    const error = await readGguf(source).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).code).toBe("file");
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toMatch(/^model\.gguf/);
  });

  test("reads a file that the reference package wrote, as the reference package does", async () => {
    const expected = JSON.parse(readFileSync("test/fixtures/gguf/tiny.json", "utf8")) as Tiny;
    const source = await fileSource("test/fixtures/gguf/tiny.gguf");
    const { version, metadata, tensors } = await readGguf(source);
    expect(version).toBe(3);
    expect(Object.fromEntries(metadata)).toEqual(expected.metadata);
    const places = [...tensors].map(([name, { type, shape, offset }]) => [
      name,
      { type, shape, offset },
    ]);
    expect(places).toEqual(
      Object.entries(expected.tensors).map(([name, { type, shape, offset }]) => [
        name,
        { type, shape, offset },
      ]),
    );
  });

  test("keeps whole numbers beyond 2^53 as bigint, and __proto__ as a key like any other", async () => {
    const pairs = [pair("big", 10, u64(2n ** 64n - 1n)), pair("__proto__", 9, texts(1, "x"))];
    const { metadata } = await readGguf(ggufFile({ pairs }));
    expect([...metadata]).toEqual([
      ["big", 2n ** 64n - 1n],
      ["__proto__", ["x"]],
    ]);
  });

  test("reads a header of 20 MB in ranges, texts across their borders whole", async () => {
    const words = Array.from({ length: 10 }, (_, index) => "ab".repeat(1_000_000 + index));
    const bytes = ggufBytes({
      ...ONE,
      pairs: [pair("words", 9, texts(10, ...words)), pair("last", 4, u32(7))],
    });
    const copies = {
      ...bytesInMemory("ranges", bytes),
      read: (at: number, size: number) => Promise.resolve(bytes.slice(at, at + size)),
    };
    const { metadata, tensors } = await readGguf(copies);
    expect(metadata.get("words")).toEqual(words);
    expect(metadata.get("last")).toBe(7);
    expect(tensors.get("w")!.offset).toBe(bytes.length - 24);
  });

  test("refuses a header of more tensors than any model has before it makes one of them", async () => {
    const header = joined([new TextEncoder().encode("GGUF"), u32(3), u64(1_000_000), u64(0)]);
    const bytes = new Uint8Array(40_000_000);
    bytes.set(header);
    await expect(readGguf(bytesInMemory("big.gguf", bytes))).rejects.toThrow(
      "big.gguf has 1000000 tensors, and at most 250000 are read",
    );
  });

  test("agrees with @huggingface/gguf on sound files", async () => {
    await compareWithLibrary("test/fixtures/gguf/tiny.gguf");
  });

  const REAL = "../shared/data/smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf";
  test.skipIf(!existsSync(REAL))(
    `agrees with @huggingface/gguf on a real model (${REAL})`,
    async () => {
      await compareWithLibrary(REAL);
    },
  );
});

interface Tiny {
  readonly metadata: Record<string, unknown>;
  readonly tensors: Record<
    string,
    { type: string; shape: number[]; offset: number; values: string | null }
  >;
}

async function compareWithLibrary(path: string): Promise<void> {
  const source = await fileSource(path);
  const ours = await readGguf(source);
  await source.close();
  const library = await libraryGguf(path, { allowLocalFile: true });
  const {
    version,
    tensor_count: tensorCount,
    kv_count: pairCount,
    ...metadata
  } = library.metadata as Record<string, unknown>;
  const asNumbers = (value: unknown) => (typeof value === "bigint" ? Number(value) : value);
  expect(ours.version).toBe(version);
  expect(BigInt(ours.tensors.size)).toBe(tensorCount);
  expect(BigInt(ours.metadata.size)).toBe(pairCount);
  for (const [key, value] of Object.entries(metadata))
    expect(ours.metadata.get(key)).toEqual(asNumbers(value));
  for (const { name, shape, offset } of library.tensorInfos) {
    const tensor = ours.tensors.get(name)!;
    expect(tensor.shape).toEqual(shape.map(Number).reverse());
    expect(BigInt(tensor.offset)).toBe(library.tensorDataOffset + offset);
  }
}

describe("ggufWeights(wanted)", () => {
  test("gives the values that the reference package gives", async () => {
    const expected = JSON.parse(readFileSync("test/fixtures/gguf/tiny.json", "utf8")) as Tiny;
    const source = await fileSource("test/fixtures/gguf/tiny.gguf");
    const { weights, unsupported } = await ggufWeights(allOf(await readGguf(source)));
    expect([...unsupported]).toEqual([]);
    expect([...weights.keys()]).toEqual(Object.keys(expected.tensors));
    for (const [name, weight] of weights) {
      const values = Buffer.from(expected.tensors[name]!.values!, "base64");
      const ours = await readTensor(weight);
      expect(weight.shape).toEqual(expected.tensors[name]!.shape);
      expect(
        Buffer.compare(new Uint8Array(ours.buffer, ours.byteOffset, ours.byteLength), values),
      ).toBe(0);
    }
  });

  test("says by name which tensors have a type that files do not have", async () => {
    const tensors = [tensor("sum", [32], 9, 0), tensor("scratch", [256], 15, 64)];
    const header = await readGguf(ggufFile({ tensors, dataBytes: 64 + 292 }));
    const { weights, unsupported } = await ggufWeights(allOf(header));
    expect([...weights]).toEqual([]);
    expect([...unsupported]).toEqual([
      ["sum", "Q8_1"],
      ["scratch", "Q8_K"],
    ]);
  });

  test("puts runs of several tensors together, changed group by group", async () => {
    const source = await fileSource("test/fixtures/gguf/tiny.gguf");
    const { tensors } = await readGguf(source);
    const [matrix, packed] = [
      tensors.get("matrix")!,
      { ...tensors.get("packed.Q4_1")!, shape: [6, 32] },
    ];
    const row = (of: typeof matrix, index: number) => entriesOf("it", of, index, 1);
    const width = 32;
    const request = {
      shape: [4, width],
      runs: [row(packed, 2), row(packed, 0), row(packed, 1), row(packed, 1)],
      change: { runs: 2, of: (values: Float32Array) => values.map((value) => -value) },
    };
    const { weights } = await ggufWeights(
      new Map([
        ["made", request],
        ["plain", whole(packed)],
      ]),
    );
    const [changed, plain] = [
      await readTensor(weights.get("made")!),
      await readTensor(weights.get("plain")!),
    ];
    const rows = [2, 0, 1, 1].flatMap((index) => [
      ...plain.subarray(index * width, (index + 1) * width),
    ]);
    expect([...changed]).toEqual(rows.map((value) => -value));
    expect(() => entriesOf("matrix", matrix, 1, 99)).toThrow(
      /tensor "matrix" of F32 and shape .* has no entries 1 to 100 of its outermost axis/,
    );
    expect(() => entriesOf("packed", { ...packed, shape: [32] }, 1, 1)).toThrow(/has no entries/);
  });

  test("leaves plain tensors where they lie", async () => {
    const source = await fileSource("test/fixtures/gguf/tiny.gguf");
    const header = await readGguf(source);
    const { weights } = await ggufWeights(allOf(header));
    expect(weights.get("matrix")).toEqual(header.tensors.get("matrix"));
    expect(weights.get("half")).toMatchObject({ type: "F16", source });
  });
});
