/** @file The cache's decoded weights: what is listed, and what goes. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fileSource } from "../../src/formats/file.ts";
import { decodedFiles, removeDecoded } from "../../src/formats/gguf/decodedFiles.ts";
import { decodedFolder } from "../../src/formats/gguf/decodedRecord.ts";
import { ggufWeights } from "../../src/formats/gguf/ggufWeights.ts";
import { keptDecoded } from "../../src/formats/gguf/keptDecoded.ts";
import { readGguf } from "../../src/formats/gguf/readGguf.ts";
import { allOf } from "./ggufFile.ts";

const [OLD, NEW] = ["0a".repeat(32), "b1".repeat(32)];
let cache = "";
let folder = "";

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "decoded-files-"));
  folder = decodedFolder(cache);
});
afterEach(() => rmSync(cache, { recursive: true }));

/** One that this version made, and an older one whose record has no name. */
async function twoFiles() {
  const header = await readGguf(await fileSource("test/fixtures/gguf/tiny.gguf"));
  const weights = ggufWeights(allOf(header));
  const { close } = await keptDecoded(weights, { sha256: NEW, name: "tiny.gguf", folder: cache });
  await close?.();
  writeFileSync(join(folder, `${OLD}.2.safetensors`), "1234");
  writeFileSync(join(folder, `${OLD}.2.safetensors.json`), '{"crc32": 1}');
  utimesSync(join(folder, `${OLD}.2.safetensors`), 1000, 1000);
}

describe("decodedFiles(folder)", () => {
  test("lists the youngest first, by its name where the record says it", async () => {
    await twoFiles();
    const files = await decodedFiles(folder);
    expect(files.map(({ id, name }) => [id, name])).toEqual([
      [NEW.slice(0, 12), "tiny.gguf"],
      [OLD.slice(0, 12), null],
    ]);
    expect(files[1]!.sizeBytes).toBe(4);
    expect(files[1]!.modified).toEqual(new Date(1_000_000));
  });

  test("is empty for a folder that is not there, and passes over other files", async () => {
    expect(await decodedFiles(folder)).toEqual([]);
    mkdirSync(folder);
    writeFileSync(join(folder, `${OLD}.2.safetensors.json`), "{}");
    writeFileSync(join(folder, `${OLD}.2.safetensors.1234.partial`), "");
    expect(await decodedFiles(folder)).toEqual([]);
  });
});

describe("removeDecoded(target, folder)", () => {
  test.each([
    ["tiny.gguf", OLD],
    [NEW.slice(0, 4), OLD],
    [NEW, OLD],
    [OLD.slice(0, 12), NEW],
  ])("%s leaves the other with its record", async (target, left) => {
    await twoFiles();
    expect(await removeDecoded(target, folder)).toHaveLength(1);
    expect(readdirSync(folder).sort()).toEqual([
      `${left}.2.safetensors`,
      `${left}.2.safetensors.json`,
    ]);
  });

  test("all leaves nothing, and is no error where there is nothing", async () => {
    await twoFiles();
    expect(await removeDecoded("all", folder)).toHaveLength(2);
    expect(readdirSync(folder)).toEqual([]);
    expect(await removeDecoded("all", folder)).toEqual([]);
  });

  test.each(["other.gguf", "b1b", ""])("refuses %j and says what there is", async (target) => {
    await twoFiles();
    await expect(removeDecoded(target, folder)).rejects.toThrow(
      /give an id, the name of a GGUF or all; it has b1b1b1b1b1b1, 0a0a0a0a0a0a/,
    );
    expect(await decodedFiles(folder)).toHaveLength(2);
  });
});
