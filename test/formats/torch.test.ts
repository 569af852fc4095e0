import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { fileSource } from "../../src/formats/file.ts";
import { readTensor } from "../../src/formats/readTensor.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import type { PickleMap } from "../../src/formats/torch/pickleValues.ts";
import { readTorch } from "../../src/formats/torch/readTorch.ts";
import { torchCheckpoint } from "../../src/formats/torch/torchCheckpoint.ts";
import { zipBytes } from "./zipFile.ts";

/** Made by tools/make_torch_fixtures.py. */
const FOLDER = "test/fixtures/torch";

async function checkpoint(file: string) {
  return torchCheckpoint(file, await readTorch(await fileSource(`${FOLDER}/${file}`)));
}

describe.each(["protocol2.bin", "protocol5.bin", "legacy.bin"])(
  "readTorch(source) of %s",
  (file) => {
    test("gives every tensor as torch has it: views, transposed, expanded, halves, scalars, empty, parameters", async () => {
      const expected = (await readSafetensors(await fileSource(`${FOLDER}/expected.safetensors`)))
        .weights;
      const { weights } = await checkpoint(file);
      expect([...weights.keys()].sort()).toEqual([...expected.keys()].sort());
      for (const [name, tensor] of expected) {
        expect(weights.get(name)!.shape).toEqual(tensor.shape);
        expect(await readTensor(weights.get(name)!)).toEqual(await readTensor(tensor));
      }
    });

    test("leaves contiguous tensors where they lie, and names types that the engine does not use", async () => {
      const { weights, unsupported } = await checkpoint(file);
      const inFile = [...weights].filter(([, { source }]) => source.realPath).map(([name]) => name);
      expect(inFile).toEqual(["base", "row", "half", "scalar", "empty", "parameter"]);
      expect(weights.get("row")!.offset - weights.get("base")!.offset).toBe(2 * 8 * 4);
      expect([...unsupported]).toEqual([
        ["mask", "BOOL"],
        ["ids", "I64"],
      ]);
    });
  },
);

describe("readTorch(source)", () => {
  test("gives plain values as they were saved", async () => {
    const saved = (await readTorch(await fileSource(`${FOLDER}/values.pt`))) as PickleMap;
    const values = [1, -1, 255, 65536, 2 ** 40, -(2n ** 70n), 1.5, null, true, [1, 2], [2, 3]];
    const type = { kind: "name", name: "torch.float16" };
    expect(saved.get("values")).toEqual([...values, type, "ab"]);
    expect(saved.get("device")).toBe("cpu");
  });

  test.each([
    [
      "namespace.pt",
      "names argparse.Namespace, which weights and plain data do not need: refused, nothing was run",
    ],
    ["script.pt", "is a TorchScript program"],
    ["meta2.pkl", "needs to be what torch.save writes"],
    ["expected.safetensors", "needs to be what torch.save writes"],
  ])("refuses %s", async (file, message) => {
    await expect(readTorch(await fileSource(`${FOLDER}/${file}`))).rejects.toThrow(message);
  });

  const pkl = { name: "ckpt/data.pkl", bytes: Uint8Array.of(0x80, 2, 0x4e, 0x2e) }; // None
  test.each([
    [
      "big-endian values",
      [pkl, { name: "ckpt/byteorder", bytes: new TextEncoder().encode("big") }],
      'got "big"',
    ],
    ["a compressed pickle", [{ ...pkl, method: 8 }], "has ckpt/data.pkl compressed or encrypted"],
    [
      "two pickles",
      [pkl, { ...pkl, name: "other/data.pkl" }],
      "needs one data.pkl as torch.save writes it, got 2",
    ],
    ["no pickle", [{ ...pkl, name: "word/document.xml" }], "got 0"],
  ])("refuses an archive with %s", async (_, files, message) => {
    await expect(readTorch(bytesInMemory("x.pt", zipBytes(files)))).rejects.toThrow(message);
    expect(await readTorch(bytesInMemory("x.pt", zipBytes([pkl])))).toBe(null);
  });

  test("refuses an old file that ends within a storage", async () => {
    const file = await fileSource(`${FOLDER}/legacy.bin`);
    const cut = (await file.read(0, file.sizeBytes)).slice(0, -9);
    await expect(readTorch(bytesInMemory("cut.bin", cut))).rejects.toThrow(
      /ends within storage \d+/,
    );
  });

  const NANOGPT = ["nanogpt", "nanogpt-bias"].map((name) => `../shared/goldens/${name}/ckpt.pt`);
  test.skipIf(!NANOGPT.every(existsSync)).each(NANOGPT)("reads nanoGPT's %s", async (path) => {
    const saved = (await readTorch(await fileSource(path))) as PickleMap;
    expect((saved.get("model_args") as PickleMap).get("vocab_size")).toBe(65);
    const { weights } = torchCheckpoint("model", saved.get("model"));
    expect(weights.get("transformer.wte.weight")).toMatchObject({ type: "F32", shape: [65, 32] });
  });
});

describe("torchCheckpoint(name, value)", () => {
  test("refuses what is no dictionary of tensors", () => {
    for (const value of [undefined, null, 1, [], new Map([["a", 1]])]) {
      expect(() => torchCheckpoint("ckpt.pt", value)).toThrow(
        "ckpt.pt needs to be a dictionary of tensors by name",
      );
    }
  });
});
