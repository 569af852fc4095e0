/** @file Folders that are not what they seem: nothing else is taken silently, and the message names what is wrong. */
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { readShards } from "../../src/formats/shards.ts";
import { safetensorsBytes } from "../../src/formats/writeSafetensors.ts";
import { openModel } from "../../src/models/open.ts";
import { modelFiles } from "../../src/models/modelFiles.ts";
import { openTokenizer } from "../../src/models/openTokenizer.ts";
import { writeCheckpoint } from "../cli/checkpoint.ts";
import { emptyFolder } from "../cli/cli.ts";

async function checkpoint(changes: Parameters<typeof writeCheckpoint>[2] = {}): Promise<string> {
  const folder = emptyFolder();
  await writeCheckpoint(folder, "model", changes);
  return join(folder, "model");
}

describe("a link that leads nowhere", () => {
  test("is said to, whatever other weights lie beside it", async () => {
    const folder = await checkpoint();
    renameSync(join(folder, "model.safetensors"), join(folder, "other"));
    symlinkSync("../../blobs/0123", join(folder, "model.safetensors"));
    for (const other of ["pytorch_model.bin", "model.safetensors.index.json"])
      copyFileSync(join(folder, "other"), join(folder, other));
    const message = "model.safetensors is a link to ../../blobs/0123, which is not there";
    await expect(openModel(folder)).rejects.toThrow(message);
    await expect(modelFiles(folder)).rejects.toThrow(message);
    await expect(openModel(join(folder, "model.safetensors"))).rejects.toThrow(message);
  });

  test.each(["config.json", "tokenizer.json", "tokenizer_config.json"])("%s: too", async (name) => {
    const folder = await checkpoint();
    if (name === "config.json") renameSync(join(folder, name), join(folder, "was.json"));
    symlinkSync("nowhere", join(folder, name));
    await expect(openModel(folder)).rejects.toThrow(
      `${name} is a link to nowhere, which is not there`,
    );
    if (name !== "config.json")
      await expect(openTokenizer(folder)).rejects.toThrow("is a link to nowhere");
  });

  test("a shard: too", async () => {
    const folder = await checkpoint();
    const index = { weight_map: { "embed.W_E": "one.safetensors" } };
    renameSync(join(folder, "model.safetensors"), join(folder, "model.old"));
    writeFileSync(join(folder, "model.safetensors.index.json"), JSON.stringify(index));
    symlinkSync("gone", join(folder, "one.safetensors"));
    await expect(openModel(folder)).rejects.toThrow(
      "one.safetensors is a link to gone, which is not",
    );
  });
});

test("Git LFS's pointer in place of a file is named, with the way to the file", async () => {
  const folder = await checkpoint();
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 548105171\n`;
  writeFileSync(join(folder, "model.safetensors"), pointer);
  await expect(openModel(folder)).rejects.toThrow(
    "model.safetensors is Git LFS's pointer to a file of 548105171 bytes, not the file; `git lfs pull`",
  );
  mkdirSync(join(folder, "g"));
  writeFileSync(join(folder, "g", "m.gguf"), pointer);
  await expect(openModel(join(folder, "g", "m.gguf"))).rejects.toThrow("Git LFS's pointer");
});

describe("zeros", () => {
  test("at the end of a file, begun inside a tensor, are a download that was cut short", async () => {
    const folder = await checkpoint();
    const path = join(folder, "model.safetensors");
    const bytes = readFileSync(path);
    const { weights } = await readSafetensors(bytesInMemory("x", bytes));
    const ends = [...weights].sort(([, a], [, other]) => a.offset - other.offset);
    const cutAt = ends.findIndex(([, { offset }]) => bytes.length - offset < 9000);
    const [name, { offset, sizeBytes }] = ends[cutAt - 1]!;
    bytes.fill(0, offset + sizeBytes - 8);
    writeFileSync(path, bytes);
    await expect(openModel(folder)).rejects.toThrow(
      /ends in \d+ bytes of zero, which begin inside tensor/,
    );
    await expect(openModel(folder)).rejects.toThrow(name);
  });

  test("that are the end of the last matrix alone are told: nobody can know whether they were meant", async () => {
    const folder = await checkpoint({
      tensor: (tensor) =>
        tensor.name === "unembed.W_U"
          ? { ...tensor, data: new Float32Array(tensor.data.length).fill(1, 0, 100) }
          : tensor,
    });
    const model = await openModel(folder);
    expect(model.notices).toEqual([
      expect.stringMatching(
        /model\.safetensors ends in 5\d{3} bytes of zero, which begin inside tensor unembed\.W_U: rows without use, or a file that was not downloaded or copied to its end$/,
      ),
    ]);
    await model.close();
  });

  test("in every matrix are told too: a model of zeros opens", async () => {
    const folder = await checkpoint({
      tensor: (tensor) => ({ ...tensor, data: new Float32Array(tensor.data.length) }),
    });
    const model = await openModel(folder);
    expect(model.notices).toEqual([
      expect.stringMatching(/has matrices in which every value is 0: .*, .*, .* and \d+ more$/),
    ]);
    await model.close();
  });

  test("in the whole of a matrix are told, and the model opens", async () => {
    const folder = await checkpoint({
      tensor: (tensor) =>
        tensor.name === "blocks.0.attn.W_Q"
          ? { ...tensor, data: new Float32Array(tensor.data.length) }
          : tensor,
    });
    const notices: string[] = [];
    const model = await openModel(folder, { notice: (text) => notices.push(text) });
    const warning = `${folder} has matrices in which every value is 0: blocks.0.attn.W_Q`;
    expect(notices).toEqual([warning]);
    expect(model.notices).toEqual([warning]);
    await model.close();
    const again = await openModel(folder); // what was found is remembered with the file
    expect(again.notices).toEqual([warning]);
    await again.close();
  });
});

test("shards that were swapped are named: which tensor is where, and where the index has it", async () => {
  const shard = (name: string) =>
    safetensorsBytes([{ name, shape: [1], data: Float32Array.of(1) }]);
  const index = { weight_map: { a: "one.safetensors", b: "two.safetensors" } };
  const bytes = new TextEncoder().encode(JSON.stringify(index));
  const open = async (file: string) =>
    bytesInMemory(file, shard(file === "one.safetensors" ? "b" : "a"));
  await expect(
    readShards(bytesInMemory("index", bytes), { open, read: readSafetensors }),
  ).rejects.toThrow(
    `tensor "a" is not in one.safetensors: it is in two.safetensors, so files were swapped or the index is another's; tensor "b" is not in two.safetensors: it is in one.safetensors`,
  );
});
