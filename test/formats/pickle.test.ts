import { describe, expect, test } from "vitest";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { InputError } from "../../src/base/errors.ts";
import { fileSource } from "../../src/formats/file.ts";
import { readPickle, readTorch } from "../../src/formats/torch/readTorch.ts";
import type { TorchTensor } from "../../src/formats/torch/torchValues.ts";
import { zipBytes } from "./zipFile.ts";

/** Bytes of a pickle written as text, "\x80" and the like for bytes that are no letters. */
function pickle(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function read(text: string) {
  return readPickle(bytesInMemory("meta.pkl", pickle(`\x80\x02${text}`)));
}

/** Reads what `torch.save` would have made of this pickle. */
function readAsTorch(text: string, storage = new Uint8Array(24)) {
  const files = [
    { name: "ckpt/data.pkl", bytes: pickle(`\x80\x02${text}`) },
    { name: "ckpt/data/0", bytes: storage },
  ];
  return readTorch(bytesInMemory("ckpt.pt", zipBytes(files)));
}

const STORAGE = "(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x06tQ";
/** A tensor on storage "0", which has six values. */
function tensor(first: string, shape: string, strides: string): string {
  return `ctorch._utils\n_rebuild_tensor_v2\n(${STORAGE}${first}${shape}${strides}\x89Ntb`.replace(
    /b$/,
    "R.",
  );
}

describe("readPickle(source)", () => {
  test.each(["2", "4"])("reads nanoGPT's meta.pkl, protocol %s", async (protocol) => {
    const meta = await readPickle(await fileSource(`test/fixtures/torch/meta${protocol}.pkl`));
    expect(meta).toEqual(
      new Map<string, unknown>([
        ["vocab_size", 3],
        [
          "itos",
          new Map([
            [0, "\n"],
            [1, "a"],
            [2, "é"],
          ]),
        ],
        [
          "stoi",
          new Map([
            ["\n", 0],
            ["a", 1],
            ["é", 2],
          ]),
        ],
      ]),
    );
  });

  test.each([
    ["K\x07.", 7],
    ["M\x01\x02.", 513],
    ["J\xff\xff\xff\xff.", -1],
    ["\x8a\x00.", 0],
    ["\x8a\x01\x80.", -128],
    ["\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x80\x00.", 2n ** 63n],
    ["G\x3f\xf8\x00\x00\x00\x00\x00\x00.", 1.5],
    ["N.", null],
    ["\x88.", true],
    ["(K\x01K\x02t.", [1, 2]],
    ["K\x01K\x02K\x03\x87.", [1, 2, 3]],
    ["](K\x01K\x02e.", [1, 2]],
    [
      "}(K\x01NK\x02\x88u.",
      new Map([
        [1, null],
        [2, true],
      ]),
    ],
    ["X\x02\x00\x00\x00\xc3\xa9.", "é"],
    ["]q\x00h\x00a0h\x00K\x05a.", null],
  ] as [string, unknown][])("reads %j", async (text, value) => {
    if (value !== null || text === "N.") expect(await read(text)).toEqual(value);
    else expect(await read(text)).toHaveLength(2); // a list that holds itself
  });

  test.each([
    [
      "a name",
      "cos\nsystem\n(U\x02idtR.",
      "meta.pkl names os.system, which weights and plain data do not need",
    ],
    ["a name of protocol 4", "\x8c\x02os\x8c\x06system\x93.", "names os.system"],
    [
      "a name out of the memo",
      "\x8c\x02os\x94\x8c\x06system\x940h\x00h\x01\x93.",
      "names os.system",
    ],
    ["an instance", "(ios\nsystem\n.", "names os.system"],
    ["a name that every object has", "cconstructor\n\n.", "names constructor."],
    ["eval", "c__builtin__\neval\n.", "names __builtin__.eval"],
    [
      "a tensor in plain data",
      "ctorch._utils\n_rebuild_tensor_v2\n.",
      "names torch._utils._rebuild_tensor_v2",
    ],
    ["an extension code", "\x82\x01.", "uses opcode 0x82"],
    ["a new object", "N)\x81.", "uses opcode 0x81"],
    ["a storage outside", "K\x01Q.", "refers to storages outside"],
    ["attributes of a number", "K\x01Nb.", "damaged pickle"],
    ["a call of a number", "K\x01)R.", "a call of something that is not a name"],
    [
      "an OrderedDict of a list",
      "ccollections\nOrderedDict\n](K\x01K\x02\x86e\x85R.",
      "makes an OrderedDict of something",
    ],
    ["an empty stack", ".", "damaged pickle at byte"],
    ["a pop below a mark", "K\x01(0.", "damaged pickle"],
    ["no mark", "K\x01e.", "damaged pickle"],
    ["items for a number", "K\x01(K\x02e.", "damaged pickle"],
    ["a key without a value", "}(K\x01u.", "a key without a value"],
    ["nothing in the memo", "h\x09.", "damaged pickle"],
    ["a number of 255 bytes", "\x8a\xff.", "whole number of 255 bytes"],
    [
      "a text longer than the file",
      "X\xff\xff\xff\xffabc.",
      "ends too early: 4294967295 bytes are needed at 7",
    ],
    ["a text of 2^63 bytes", "\x8d\x00\x00\x00\x00\x00\x00\x00\x80abc.", "ends too early"],
    ["a name without an end", "cos", "ends too early"],
    ["no end", "K\x01", "ends too early: 1 bytes are needed at 4"],
  ])("refuses %s", async (_, text, message) => {
    const error = await read(text).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(message);
  });

  test("refuses protocol 0, 6, and what is no pickle", async () => {
    for (const text of ["\x80\x06N.", "\x80\x01N.", "(lp0\n.", "hello"]) {
      await expect(readPickle(bytesInMemory("meta.pkl", pickle(text)))).rejects.toThrow(InputError);
    }
  });

  test("stops after three million steps", async () => {
    const bytes = new Uint8Array(6_000_000).fill("N".charCodeAt(0));
    bytes.set([0x80, 2]);
    await expect(readPickle(bytesInMemory("meta.pkl", bytes))).rejects.toThrow(
      "more than 3000000 steps",
    );
  });
});

describe("readTorch(source) of tensors that are not what they say", () => {
  test("reads one that is", async () => {
    expect(await readAsTorch(tensor("K\x00", "K\x02K\x03\x86", "K\x03K\x01\x86"))).toMatchObject({
      type: "F32",
      shape: [2, 3],
      stored: { sizeBytes: 24 },
    });
  });

  test("leaves a tensor where it lies whose axis of length 1 has any stride", async () => {
    const value = await readAsTorch(tensor("K\x00", "K\x01K\x06\x86", "K\x63K\x01\x86"));
    expect(value).toMatchObject({ shape: [1, 6], stored: { source: { name: "ckpt.pt" } } });
    expect((value as TorchTensor).stored!.offset).toBeGreaterThan(0);
  });

  test.each([
    [
      "a shape beyond its storage",
      tensor("K\x00", "K\x03K\x03\x86", "K\x03K\x01\x86"),
      "[3, 3] with strides [3, 1] from 0 that leaves storage 0 of 6 values",
    ],
    [
      "an offset beyond its storage",
      tensor("K\x01", "K\x02K\x03\x86", "K\x03K\x01\x86"),
      "from 1 that leaves storage 0",
    ],
    ["strides beyond its storage", tensor("K\x00", "K\x02\x85", "K\x06\x85"), "leaves storage 0"],
    ["no values past the end", tensor("K\x07", "K\x00\x85", "K\x01\x85"), "leaves storage 0"],
    [
      "a negative size",
      tensor("K\x00", "J\xff\xff\xff\xff\x85", "K\x01\x85"),
      "in a way that is not torch's",
    ],
    [
      "a negative stride",
      tensor("K\x05", "K\x02\x85", "J\xff\xff\xff\xff\x85"),
      "in a way that is not torch's",
    ],
    [
      "two sizes and one stride",
      tensor("K\x00", "K\x02K\x03\x86", "K\x01\x85"),
      "in a way that is not torch's",
    ],
    [
      "a size of 2^40 by stride 0",
      tensor("K\x00", "\x8a\x06\x00\x00\x00\x00\x00\x01\x85", "K\x00\x85"),
      "repeats the 6 values of storage 0",
    ],
    [
      "65 axes",
      tensor("K\x00", `(${"K\x01".repeat(65)}t`, `(${"K\x01".repeat(65)}t`),
      "in a way that is not torch's",
    ],
    [
      "no storage",
      "ctorch._utils\n_rebuild_tensor_v2\n(K\x00K\x00))tR.",
      "in a way that is not torch's",
    ],
    [
      "a storage that is not in the file",
      tensor("K\x00", ")", ")").replace("U\x010", "U\x017"),
      'needs 24 bytes in storage "7", but there is none',
    ],
    [
      "a storage of another size",
      tensor("K\x00", ")", ")").replace("cpuK\x06", "cpuK\x05"),
      'needs 20 bytes in storage "0", got 24',
    ],
    ["a call of a storage's type", "ctorch\nFloatStorage\n)R.", "calls the name of a type"],
    [
      "a persistent id of something else",
      "U\x06moduleQ.",
      "refers to a storage in a way that is not torch's",
    ],
  ])("refuses %s", async (_, text, message) => {
    const error = await readAsTorch(text).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(message);
  });
});
