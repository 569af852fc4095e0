import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { modelFiles } from "../../src/models/modelFiles.ts";
import { emptyFolder } from "../cli/cli.ts";

/** A folder with files of one byte, but for what `texts` gives. */
function folderOf(names: readonly string[], texts: Readonly<Record<string, string>> = {}): string {
  const folder = emptyFolder();
  for (const name of names) writeFileSync(join(folder, name), texts[name] ?? "x");
  return folder;
}
const namesOf = async (path: string) => (await modelFiles(path)).map(({ name }) => name).sort();

describe("modelFiles(name)", () => {
  test("lists what a load of a folder reads, and nothing else that lies there", async () => {
    const folder = folderOf([
      "config.json",
      "model.safetensors",
      "tokenizer.json",
      "notes.txt",
      "x.bin",
    ]);
    expect(await namesOf(folder)).toEqual(["config.json", "model.safetensors", "tokenizer.json"]);
    expect((await modelFiles(folder))[0]).toMatchObject({
      sizeBytes: 1,
      path: join(folder, "config.json"),
    });
  });

  test("lists the shards that an index names", async () => {
    const index = "model.safetensors.index.json";
    const weight_map = { a: "one.safetensors", b: "two.safetensors" };
    const folder = folderOf(["config.json", index, "one.safetensors", "two.safetensors"], {
      [index]: JSON.stringify({ weight_map }),
    });
    expect(await namesOf(folder)).toEqual([
      "config.json",
      index,
      "one.safetensors",
      "two.safetensors",
    ]);
  });

  test("lists a file alone, and nanoGPT's table of characters with its checkpoint", async () => {
    expect(await namesOf(join(folderOf(["a.gguf", "meta.pkl"]), "a.gguf"))).toEqual(["a.gguf"]);
    expect(await namesOf(folderOf(["ckpt.pt", "meta.pkl"]))).toEqual(["ckpt.pt", "meta.pkl"]);
  });

  test("lists nothing for models that come with the tool, and refuses what is not there", async () => {
    expect(await modelFiles("planted:induction")).toEqual([]);
    await expect(modelFiles("./nowhere")).rejects.toThrow(/no file or folder/);
    await expect(modelFiles(folderOf(["config.json"]))).rejects.toThrow(
      /needs config.json and weights/,
    );
  });
});
