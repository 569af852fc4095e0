import { describe, expect, test } from "vitest";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { InputError } from "../../src/base/errors.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { readShards, shardNames } from "../../src/formats/shards.ts";
import { safetensorsBytes } from "../../src/formats/writeSafetensors.ts";

const FILES = new Map([
  ["one.safetensors", safetensorsBytes([tensor("a", 1), tensor("b", 2)])],
  [
    "two.safetensors",
    safetensorsBytes([tensor("c", 3), { name: "mask", shape: [1], data: Uint8Array.of(1) }]),
  ],
  ["broken.safetensors", new Uint8Array(3)],
]);

function tensor(name: string, value: number) {
  return { name, shape: [1], data: Float32Array.of(value) };
}

function open(fileName: string) {
  const bytes = FILES.get(fileName);
  if (!bytes)
    return Promise.reject(new InputError("file", `cannot read ${fileName}: no such file`));
  return Promise.resolve(bytesInMemory(fileName, bytes));
}

function index(json: unknown) {
  const text = typeof json === "string" ? json : JSON.stringify(json);
  return bytesInMemory("model.safetensors.index.json", new TextEncoder().encode(text));
}

function read(weight_map: unknown) {
  return readShards(index({ metadata: { total_size: 1e3 }, weight_map }), {
    open,
    read: readSafetensors,
  });
}

describe("readShards(index, {open, read})", () => {
  test("gathers the tensors that the index lists from the files it names", async () => {
    const map = { a: "one.safetensors", c: "two.safetensors", mask: "two.safetensors" };
    const { weights, unsupported } = await read(map);
    expect([...weights].map(([name, { source }]) => [name, source.name])).toEqual([
      ["a", "one.safetensors"],
      ["c", "two.safetensors"],
    ]);
    expect([...unsupported]).toEqual([["mask", "U8"]]);
    expect(await shardNames(index({ weight_map: map }))).toEqual([
      "one.safetensors",
      "two.safetensors",
    ]);
  });

  test("lists all that does not agree: missing files, broken files, tensors that are not in theirs", async () => {
    const map = {
      a: "one.safetensors",
      d: "one.safetensors",
      x: "none.safetensors",
      y: "broken.safetensors",
    };
    const message =
      /does not agree .* cannot read none\.safetensors: no such file; broken\.safetensors needs 8 bytes.*; tensor "d" is not in one\.safetensors$/;
    await expect(read(map)).rejects.toThrow(message);
  });

  test.each([
    "../x",
    "/etc/passwd",
    "a/b",
    "..",
    ".",
    "",
    "a\\b",
    "c:x",
    "x\0",
    "x".repeat(300),
    7,
    null,
    ["a"],
  ])("refuses a file named %j", async (fileName) => {
    const error = await read({ a: fileName }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain("names of files in its own folder");
  });

  test.each([
    ["{", "strict JSON"],
    ["null", "needs weight_map"],
    ["[]", "needs weight_map"],
    ['{"weight_map":[]}', "needs weight_map"],
    ['{"weight_map":{}}', "got an empty one"],
    ['{"weight_map":{"a":"one.safetensors","a":"two.safetensors"}}', 'key "a" is there twice'],
  ])("refuses %s as an index", async (text, message) => {
    await expect(readShards(index(text), { open, read: readSafetensors })).rejects.toThrow(message);
  });
});
