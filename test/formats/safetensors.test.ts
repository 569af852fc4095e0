import { readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { bytesInMemory, type ByteSource } from "../../src/base/bytes.ts";
import { InputError } from "../../src/base/errors.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { f32, fileOf, rawFile } from "./safetensorsFile.ts";
import { usedMs } from "../usedMs.ts";

const ONE = { a: f32([2], 0, 8) };

/** Rule broken, file, what the error says. */
const BROKEN: readonly (readonly [string, ByteSource, RegExp])[] = [
  [
    "an empty file",
    bytesInMemory("model.safetensors", new Uint8Array(0)),
    /needs 8 bytes for the header length, got 0/,
  ],
  [
    "seven bytes",
    bytesInMemory("model.safetensors", new Uint8Array(7)),
    /needs 8 bytes for the header length, got 7/,
  ],
  ["a header length of 0", fileOf("", 0), /begins with \{, got an empty header/],
  [
    "a header length of 2^63",
    fileOf(ONE, 8, 2n ** 63n),
    /at most 100000000 bytes, got 9223372036854775808/,
  ],
  [
    "a header length of 2^64 - 1",
    fileOf(ONE, 8, 2n ** 64n - 1n),
    /at most 100000000 bytes, got 18446744073709551615/,
  ],
  [
    "a header length of 100,000,001",
    fileOf(ONE, 8, 100_000_001),
    /at most 100000000 bytes, got 100000001/,
  ],
  [
    "a header longer than the file",
    fileOf(ONE, 8, 100_000_000),
    /its header has 100000000 bytes, but only \d+ follow/,
  ],
  [
    "a header one byte longer than the file",
    fileOf("{}", 0, 3),
    /its header has 3 bytes, but only 2 follow/,
  ],
  ["a header cut short", fileOf(ONE, 8, 20), /needs a header of strict JSON/],
  ["a header that begins with a space", fileOf(" {}"), /begins with \{, got byte 0x20/],
  ["a header that is a list", fileOf("[]"), /begins with \{, got byte 0x5b/],
  ["a byte order mark", fileOf("\ufeff{}"), /begins with \{, got byte 0xef/],
  ["something after the JSON", fileOf("{}x"), /needs a header of strict JSON/],
  ["a NUL after the JSON", fileOf("{}\0"), /needs a header of strict JSON/],
  [
    "a comma too many",
    fileOf('{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},}', 4),
    /strict JSON/,
  ],
  [
    "bytes that are not UTF-8",
    fileOf(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)),
    /not valid UTF-8/,
  ],
  [
    "an overlong UTF-8 sequence",
    fileOf(Uint8Array.of(0x7b, 0x22, 0xc0, 0x80, 0x22, 0x3a, 0x31, 0x7d)),
    /not valid UTF-8/,
  ],
  [
    "half of a surrogate pair in a name",
    fileOf('{"\\ud800":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}', 4),
    /surrogate/,
  ],
  [
    "a tensor that is there twice",
    fileOf(
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
      4,
    ),
    /key "a" is there twice/,
  ],
  [
    "a tensor that is there twice, once with an escape",
    fileOf(
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
      8,
    ),
    /key "a" is there twice/,
  ],
  [
    "a shape that is there twice",
    fileOf('{"a":{"dtype":"F32","shape":[1],"shape":[2],"data_offsets":[0,8]}}', 8),
    /key "shape" is there twice/,
  ],
  [
    "metadata that is there twice",
    fileOf('{"__metadata__":{},"__metadata__":{}}'),
    /key "__metadata__" is there twice/,
  ],
  [
    "a metadata key that is there twice",
    fileOf('{"__metadata__":{"k":"1","k":"2"}}'),
    /key "k" is there twice/,
  ],
  [
    "metadata that is a number",
    fileOf({ __metadata__: 1 }),
    /needs __metadata__ of text by name, got 1/,
  ],
  [
    "metadata with a list",
    fileOf({ __metadata__: { k: [] } }),
    /needs __metadata__ of text by name, got {"k":\[\]}/,
  ],
  [
    "an entry that is a number",
    fileOf({ a: 1 }),
    /tensor "a" needs an object with dtype, shape, data_offsets, got 1/,
  ],
  ["an entry that is a list", fileOf({ a: [] }), /tensor "a" needs an object/],
  [
    "no dtype",
    fileOf({ a: { shape: [], data_offsets: [0, 4] } }, 4),
    /tensor "a" needs exactly the keys dtype/,
  ],
  [
    "no shape",
    fileOf({ a: { dtype: "F32", data_offsets: [0, 4] } }, 4),
    /tensor "a" needs exactly the keys/,
  ],
  [
    "no offsets",
    fileOf({ a: { dtype: "F32", shape: [] } }, 4),
    /tensor "a" needs exactly the keys/,
  ],
  [
    "a key that is not in the format",
    fileOf({ a: { ...f32([], 0, 4), scale: 2 } }, 4),
    /exactly the keys .* got "dtype, shape, data_offsets, scale"/,
  ],
  [
    "an unknown dtype",
    fileOf({ a: { ...f32([], 0, 4), dtype: "F33" } }, 4),
    /tensor "a" has dtype "F33", which the format does not know/,
  ],
  [
    "a dtype in small letters",
    fileOf({ a: { ...f32([], 0, 4), dtype: "f32" } }, 4),
    /has dtype "f32"/,
  ],
  [
    "a dtype that every object has",
    fileOf({ a: { ...f32([], 0, 4), dtype: "constructor" } }, 4),
    /has dtype "constructor"/,
  ],
  [
    "a dtype that is the prototype",
    fileOf({ a: { ...f32([], 0, 4), dtype: "__proto__" } }, 4),
    /has dtype "__proto__"/,
  ],
  ["a dtype that is a number", fileOf({ a: { ...f32([], 0, 4), dtype: 4 } }, 4), /has dtype 4/],
  [
    "a shape that is a number",
    fileOf({ a: { ...f32([], 0, 4), shape: 1 } }, 4),
    /needs a shape of counts below 2\^53, got 1/,
  ],
  [
    "a shape with text",
    fileOf({ a: { ...f32([], 0, 4), shape: ["1"] } }, 4),
    /needs a shape of counts/,
  ],
  ["a negative size", fileOf({ a: f32([-1], 0, 4) }, 4), /only counts in plain digits are allowed/],
  [
    "minus nothing",
    fileOf('{"a":{"dtype":"F32","shape":[-0],"data_offsets":[0,0]}}'),
    /only counts in plain digits/,
  ],
  ["a size with a fraction", fileOf({ a: f32([1.5], 0, 6) }, 6), /only counts in plain digits/],
  [
    "a size with an exponent",
    fileOf('{"a":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}', 4),
    /only counts in plain digits/,
  ],
  [
    "a size that is null",
    fileOf({ a: { ...f32([], 0, 4), shape: [null] } }, 4),
    /only counts in plain digits/,
  ],
  [
    "a size of 2^53",
    fileOf('{"a":{"dtype":"F32","shape":[9007199254740992],"data_offsets":[0,4]}}', 4),
    /counts below 2\^53/,
  ],
  [
    "sizes whose product leaves 2^53",
    fileOf({ a: f32([2 ** 30, 2 ** 30], 0, 4) }, 4),
    /more than 2\^53 bits/,
  ],
  [
    "sizes whose product leaves 2^53 before a 0",
    fileOf({ a: f32([2 ** 30, 2 ** 30, 0], 0, 0) }),
    /more than 2\^53 bits/,
  ],
  [
    "one offset",
    fileOf({ a: { ...f32([], 0, 4), data_offsets: [0] } }, 4),
    /needs data_offsets \[begin, end\] below 2\^53, got \[0\]/,
  ],
  [
    "three offsets",
    fileOf({ a: { ...f32([], 0, 4), data_offsets: [0, 4, 8] } }, 4),
    /got \[0,4,8\]/,
  ],
  [
    "an end before its begin",
    fileOf({ a: f32([1], 4, 0) }, 4),
    /tensor "a" has data_offsets \[4, 0\], -4 bytes/,
  ],
  [
    "too few bytes for the shape",
    fileOf({ a: f32([2], 0, 4) }, 4),
    /\[0, 4\], 4 bytes, but its shape \[2\] of F32 takes 8 bytes/,
  ],
  [
    "too many bytes for the shape",
    fileOf({ a: f32([2], 0, 12) }, 12),
    /12 bytes, but its shape \[2\] of F32 takes 8 bytes/,
  ],
  [
    "values that do not fill a byte",
    fileOf({ a: { dtype: "F4", shape: [3], data_offsets: [0, 2] } }, 2),
    /shape \[3\] of F4 takes 1.5 bytes/,
  ],
  [
    "data that begins after 0",
    fileOf({ a: f32([1], 4, 8) }, 8),
    /"a" leaves a hole before it: it must begin at 0, got 4/,
  ],
  [
    "a hole between tensors",
    fileOf({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12),
    /"b" leaves a hole before it: it must begin at 4, got 8/,
  ],
  [
    "tensors that overlap",
    fileOf({ a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12),
    /"b" overlaps another: it must begin at 8, got 4/,
  ],
  [
    "two tensors in one place",
    fileOf({ a: f32([1], 0, 4), b: f32([1], 0, 4) }, 4),
    /"b" overlaps another/,
  ],
  ["a truncated file", fileOf(ONE, 7), /needs 8 bytes of data, got 7: it is truncated/],
  ["no data at all", fileOf(ONE, 0), /needs 8 bytes of data, got 0: it is truncated/],
  [
    "a byte after the last tensor",
    fileOf(ONE, 9),
    /needs 8 bytes of data, got 9: bytes follow the last tensor/,
  ],
  ["data without a tensor", fileOf({}, 1), /needs 0 bytes of data, got 1/],
];

describe("readSafetensors(source)", () => {
  test.each(BROKEN)("refuses %s", async (_, source, message) => {
    const error = await readSafetensors(source).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({ code: "file" });
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toMatch(/^model\.safetensors /);
  });

  test("locates every tensor of the types that can be used, in the order of the file", async () => {
    const header = {
      z: { dtype: "BF16", shape: [3], data_offsets: [8, 14] },
      a: { dtype: "F32", shape: [1, 2], data_offsets: [0, 8] },
      m: { dtype: "F16", shape: [], data_offsets: [14, 16] },
    };
    const source = fileOf(header, 16);
    const { weights } = await readSafetensors(source);
    const start = source.sizeBytes - 16;
    expect([...weights]).toEqual([
      ["a", { type: "F32", shape: [1, 2], source, offset: start, sizeBytes: 8 }],
      ["z", { type: "BF16", shape: [3], source, offset: start + 8, sizeBytes: 6 }],
      ["m", { type: "F16", shape: [], source, offset: start + 14, sizeBytes: 2 }],
    ]);
  });

  test("lists tensors of other types by name and type and reads the rest", async () => {
    const header = {
      "attn.bias": { dtype: "BOOL", shape: [2, 2], data_offsets: [0, 4] },
      w: f32([1], 4, 8),
      ids: { dtype: "I64", shape: [1], data_offsets: [8, 16] },
      mx: { dtype: "F4", shape: [2], data_offsets: [16, 17] },
    };
    const { weights, unsupported } = await readSafetensors(fileOf(header, 17));
    expect([...weights.keys()]).toEqual(["w"]);
    expect([...unsupported]).toEqual([
      ["attn.bias", "BOOL"],
      ["ids", "I64"],
      ["mx", "F4"],
    ]);
  });

  test("reads a file without tensors, and tensors without values between others", async () => {
    expect((await readSafetensors(fileOf("{}   "))).weights.size).toBe(0);
    const header = { b: f32([1], 0, 4), none: f32([0, 7], 4, 4), a: f32([1], 4, 8) };
    expect([...(await readSafetensors(fileOf(header, 8))).weights.keys()]).toEqual([
      "b",
      "none",
      "a",
    ]);
  });

  test("takes __proto__, constructor and numbers as names like any other", async () => {
    const header =
      '{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"constructor":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"7":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}';
    const { weights } = await readSafetensors(fileOf(header, 12));
    expect([...weights.keys()]).toEqual(["__proto__", "constructor", "7"]);
  });

  test("gives the metadata of the writer", async () => {
    const { metadata } = await readSafetensors(
      fileOf({ __metadata__: { format: "pt", __proto__x: "1" } }),
    );
    expect([...metadata]).toEqual([
      ["format", "pt"],
      ["__proto__x", "1"],
    ]);
  });

  test("does not ask for more bytes than the file has, whatever the header says", async () => {
    const reads: number[] = [];
    for (const length of [0n, 9n, 100_000_000n, 2n ** 40n]) {
      const source = fileOf(ONE, 8, length);
      const counting = {
        ...source,
        read: (at: number, size: number) => (reads.push(size), source.read(at, size)),
      };
      await readSafetensors(counting).catch(() => undefined);
    }
    expect(Math.max(...reads)).toBeLessThan(200);
  });

  const GOLDEN = "../shared/goldens/gpt2/model.safetensors";
  test.skipIf(!existsSync(GOLDEN))(`reads a file that Python wrote (${GOLDEN})`, async () => {
    const bytes = new Uint8Array(await readFile(GOLDEN));
    const { weights } = await readSafetensors(bytesInMemory(GOLDEN, bytes));
    expect(weights.get("transformer.wte.weight")?.type).toBe("F32");
  });

  test("a header of more tensors than any model has is refused before it is taken apart, with what that takes", async () => {
    const entry = (at: number) => `"t${at}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`;
    const header = (count: number) =>
      `{${Array.from({ length: count }, (_, at) => entry(at)).join()}}`;
    await expect(readSafetensors(fileOf(header(250_001)))).rejects.toThrow(
      "model.safetensors has 250001 tensors, and at most 250000 are read: to list these takes about 250 MB",
    );
  });

  test("a header of 20,000 tensors is read in well under a second of the processor", async () => {
    const entries = Array.from({ length: 20_000 }, (_, at) => [
      `layer.${at}`,
      f32([1], at * 4, at * 4 + 4),
    ]);
    const file = rawFile(Object.fromEntries(entries) as object, 80_000);
    const start = usedMs();
    const { weights } = await readSafetensors(bytesInMemory("big", file));
    expect(weights.size).toBe(20_000);
    expect(usedMs() - start).toBeLessThan(1000);
  });
});
