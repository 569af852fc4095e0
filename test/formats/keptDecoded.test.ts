import { mkdtemp, open, readdir, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ByteSource } from "../../src/base/bytes.ts";
import { AbortError } from "../../src/base/errors.ts";
import { fileSource } from "../../src/formats/file.ts";
import { ggufWeights } from "../../src/formats/gguf/ggufWeights.ts";
import { keptDecoded } from "../../src/formats/gguf/keptDecoded.ts";
import { readGguf, type Gguf } from "../../src/formats/gguf/readGguf.ts";
import { readTensor } from "../../src/formats/readTensor.ts";
import { allOf } from "./ggufFile.ts";

const KEY = "ab".repeat(32);
const NAME = "tiny.gguf";
const NAMES = [`${KEY}.2.safetensors`, `${KEY}.2.safetensors.json`];
let folder = "";
let source: ByteSource;
let header: Gguf;
let reads = 0;

beforeAll(async () => {
  const file = await fileSource("test/fixtures/gguf/tiny.gguf");
  source = { ...file, read: (at, size) => (reads++, file.read(at, size)) };
  header = await readGguf(source);
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dequantised-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Loads through the cache; says how often the GGUF was read for it. */
async function load(options: { warn?: (message: string) => void; folder?: string } = {}) {
  reads = 0;
  const asStored = ggufWeights(allOf(header));
  const { weights, close } = await keptDecoded(asStored, {
    sha256: KEY,
    name: NAME,
    folder,
    ...options,
  });
  const values = await Promise.all(
    ["packed.Q4_1", "packed.Q6_K", "packed.Q8_0"].map((name) => readTensor(weights.get(name)!)),
  );
  await close?.();
  return { weights, values, reads };
}

describe("keptDecoded(weights, {sha256, folder})", () => {
  test("decodes once, then finds its work again and reads nothing of the GGUF", async () => {
    const inMemory = ggufWeights(allOf(header));
    const first = await load();
    const second = await load();
    expect(first.reads).toBe(4);
    expect(second.reads).toBe(0);
    expect(second.values).toEqual(first.values);
    expect(first.values[1]).toEqual(await readTensor(inMemory.weights.get("packed.Q6_K")!));
    expect(second.weights.get("packed.Q6_K")!.source.realPath).toBe(
      join(folder, "decoded", NAMES[0]!),
    );
    expect((await readdir(join(folder, "decoded"))).sort()).toEqual(NAMES);
  });

  test("makes the file anew when it was cut, damaged or has no record", async () => {
    const path = join(folder, "decoded", NAMES[0]!);
    const { values } = await load();
    const damages = [
      () => truncate(path, 1000),
      () => writeFile(path, "x"),
      () => rm(`${path}.json`),
      () => writeFile(`${path}.json`, "{"),
      () => flipLastByte(path),
    ];
    for (const damage of damages) {
      await damage();
      expect(await load()).toMatchObject({ reads: 4, values });
      expect(await load()).toMatchObject({ reads: 0, values });
    }
  });

  test("believes a file whose time changed if its checksum is right", async () => {
    await load();
    await utimes(join(folder, "decoded", NAMES[0]!), 1, 1);
    expect((await load()).reads).toBe(0);
  });

  test("leaves nothing behind when it is interrupted, and removes what a killed process left a day ago", async () => {
    const stopped = keptDecoded(
      ggufWeights(allOf(header)),
      { sha256: KEY, name: NAME, folder },
      { signal: AbortSignal.abort() },
    );
    await expect(stopped).rejects.toThrow(AbortError);
    expect(await readdir(join(folder, "decoded"))).toEqual([]);
    const [old, young] = ["old.partial", "young.partial"].map((name) =>
      join(folder, "decoded", name),
    );
    await writeFile(old!, "");
    await utimes(old!, 1, 1);
    await writeFile(young!, "");
    await load();
    expect((await readdir(join(folder, "decoded"))).sort()).toEqual([...NAMES, "young.partial"]);
  });

  test("decodes what is read and says why when the cache cannot be written", async () => {
    await writeFile(join(folder, "file"), "");
    const warnings: string[] = [];
    const { values } = await load({
      folder: join(folder, "file"),
      warn: (message) => warnings.push(message),
    });
    expect(values).toEqual((await load()).values);
    expect(warnings).toEqual([expect.stringMatching(/^cannot keep decoded weights in .*ENOTDIR/)]);
  });

  test("does not take a file with other tensors for its own", async () => {
    await load();
    const oneTensor: Gguf = {
      ...header,
      tensors: new Map([...header.tensors].filter(([name]) => name !== "packed.Q8_0")),
    };
    const { weights } = await keptDecoded(ggufWeights(allOf(oneTensor)), {
      sha256: KEY,
      name: NAME,
      folder,
    });
    expect(weights.has("packed.Q8_0")).toBe(false);
    expect(weights.has("packed.Q6_K")).toBe(true);
  });

  test("two loads at once both end with the whole file", async () => {
    const [first, other] = await Promise.all([load(), load()]);
    expect(first.values).toEqual(other.values);
    expect((await readdir(join(folder, "decoded"))).sort()).toEqual(NAMES);
  });
});

async function flipLastByte(path: string): Promise<void> {
  const { size } = await stat(path);
  const handle = await open(path, "r+");
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  await handle.write(Uint8Array.of(buffer[0]! ^ 1), 0, 1, size - 1);
  await handle.close();
}
