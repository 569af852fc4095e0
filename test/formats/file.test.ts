import {
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blobSource } from "../../src/formats/blob.ts";
import {
  checkUnchanged,
  fileSnapshot,
  fileSource,
  IN_MEMORY_BYTES,
} from "../../src/formats/file.ts";
import { firstSight } from "../../src/formats/firstSight.ts";
import { sha256 } from "../../src/formats/sha256.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "formats-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function writeIn(name: string, bytes: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

describe("fileSource(path)", () => {
  test("reads ranges of a small file, which it holds in memory, through a link", async () => {
    const path = await writeIn("small", Uint8Array.of(1, 2, 3, 4));
    await symlink(path, join(folder, "link"));
    const source = await fileSource(join(folder, "link"));
    expect([...(await source.read(1, 2))]).toEqual([2, 3]);
    expect(source).toMatchObject({ name: join(folder, "link"), realPath: path, sizeBytes: 4 });
    await writeFile(path, Uint8Array.of(9, 9, 9, 9));
    expect([...(await source.read(1, 2))]).toEqual([2, 3]);
  });

  test("reads ranges of a file too large for memory, and says when it became shorter meanwhile", async () => {
    const path = await writeIn("large", "head");
    await truncate(path, IN_MEMORY_BYTES + 10);
    const source = await fileSource(path);
    expect([...(await source.read(2, 3))]).toEqual([97, 100, 0]);
    await truncate(path, 20);
    await expect(source.read(10, 100)).rejects.toThrow(
      "became shorter while it was read: wanted 100 bytes at 10, got 10",
    );
    await source.close();
  });

  test("refuses a missing file, a folder and a name with NUL", async () => {
    await expect(fileSource(join(folder, "none"))).rejects.toThrow(
      /cannot read .*none: no such file/,
    );
    await expect(fileSource(folder)).rejects.toThrow(/must be a file, got a folder/);
    await expect(fileSource("a\0b")).rejects.toThrow(
      /cannot read a\0b: the name is not a valid path/,
    );
  });
});

describe("checkUnchanged(snapshot)", () => {
  test("holds while the file is as it was, and fails when it is written, replaced or removed", async () => {
    const path = await writeIn("watched", "abc");
    const before = await fileSnapshot(path);
    await checkUnchanged(before);
    await writeFile(path, "abcd");
    await expect(checkUnchanged(before)).rejects.toThrow(
      /must not change while it is in use, but size 3 became 4/,
    );
    await rename(await writeIn("other", "abc"), path);
    await expect(checkUnchanged(before)).rejects.toThrow(/ino \d+ became \d+/);
    await rm(path);
    await expect(checkUnchanged(before)).rejects.toThrow("no such file");
  });
});

describe("blobSource(blob)", () => {
  test("reads ranges of a blob or file, under its name", async () => {
    const source = blobSource(new Blob([Uint8Array.of(1, 2, 3)]), "picked");
    expect([...(await source.read(1, 2))]).toEqual([2, 3]);
    expect(source).toMatchObject({ name: "picked", sizeBytes: 3 });
  });
});

describe("sha256(sources)", () => {
  test("is the hash of the files one after another", async () => {
    const bytes = new Uint8Array(9_000_001).map((_, at) => at % 251);
    const sources = [
      await fileSource(await writeIn("one", bytes)),
      await fileSource(await writeIn("two", "tail")),
    ];
    const expected = createHash("sha256").update(bytes).update("tail").digest("hex");
    expect(await sha256(sources)).toBe(expected);
  });
});

describe("firstSight(files, find, folder)", () => {
  const sight = {
    sha256: "0".repeat(64),
    nonFinite: [{ name: "w", nans: 1, infinities: 0 }],
    zero: [],
    zeroTails: [],
  };
  const other = { sha256: "1".repeat(64), nonFinite: [], zero: ["w"], zeroTails: [] };
  const never = () => Promise.reject(new Error("looked again"));

  test("looks once at files that stay as they are, and again at files that changed", async () => {
    const path = await writeIn("checkpoint", "abc");
    const cache = join(folder, "cache");
    expect(
      await firstSight([await fileSnapshot(path)], () => Promise.resolve(sight), cache),
    ).toEqual(sight);
    expect(await firstSight([await fileSnapshot(path)], never, cache)).toEqual(sight);
    await writeFile(path, "abcd");
    expect(
      await firstSight([await fileSnapshot(path)], () => Promise.resolve(other), cache),
    ).toEqual(other);
    expect(await firstSight([await fileSnapshot(path)], never, cache)).toEqual(other);
    expect(await readdir(cache)).toEqual(["first-sight.json"]);
  });

  test("starts anew over a corrupt cache", async () => {
    const cache = join(folder, "corrupt");
    await mkdir(cache);
    const files = [await fileSnapshot(await writeIn("x", "x"))];
    for (const text of ["", "{", '[["key",{"sha256":"no"}]]']) {
      await writeFile(join(cache, "first-sight.json"), text);
      expect(await firstSight(files, () => Promise.resolve(sight), cache)).toEqual(sight);
      expect(JSON.parse(await readFile(join(cache, "first-sight.json"), "utf8"))).toHaveLength(1);
    }
  });

  test("works without a cache where none can be written", async () => {
    const cache = join(await writeIn("a-file", ""), "cache");
    const files = [await fileSnapshot(await writeIn("y", "y"))];
    expect(await firstSight(files, () => Promise.resolve(sight), cache)).toEqual(sight);
    const readOnly = join(folder, "read-only");
    await mkdir(readOnly);
    await chmod(readOnly, 0o500);
    expect(await firstSight(files, () => Promise.resolve(other), join(readOnly, "cache"))).toEqual(
      other,
    );
  });
});
