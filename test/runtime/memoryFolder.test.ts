/** @file Weights that lie in no file, mapped from files in memory: the same numbers, half the memory, and nothing left behind. Linux only. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Backend, Unwritten } from "../../src/base/backend.ts";
import { InputError } from "../../src/base/errors.ts";
import { bytesOfView } from "../../src/base/bytes.ts";
import { tensor } from "../../src/base/tensor.ts";
import { computedTensor } from "../../src/formats/computedTensor.ts";
import { builder } from "../../src/graph/builder.ts";
import { planMemory } from "../../src/runtime/memory.ts";
import { memoryFolder } from "../../src/runtime/memoryFolder.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { backends } from "./backends.ts";

const skip = memoryFolder() === undefined;
const scratch = skip ? "" : mkdtempSync("/dev/shm/test-memory-folder-");
afterAll(() => void (skip || rmSync(scratch, { recursive: true })));
const engine = (await backends())[0]!;

const MEGABYTE = 2 ** 20;

/** The numbers `first`, `first + 1`, ... as float32. */
const counting = (count: number, start = 0): Unwritten => ({
  sizeBytes: 4 * count,
  fill: (first, bytes) => {
    const values = Float32Array.from(
      { length: bytes.length / 4 },
      (_, at) => start + first / 4 + at,
    );
    bytes.set(bytesOfView(values));
    return Promise.resolve();
  },
});

const failing = (error: Error): Unwritten => ({ sizeBytes: 8, fill: () => Promise.reject(error) });

describe.skipIf(skip)("memoryFolder", () => {
  test("has each in a file of its own, whatever its size, until the names are taken away", async () => {
    const folder = memoryFolder(scratch)!;
    const sizes = [0, 1, 7, 3 * MEGABYTE, 5, 6, 2];
    const files = (await folder.write(sizes.map((size, at) => counting(size, at))))!;
    for (const [at, path] of files.paths.entries()) {
      const bytes = readFileSync(path);
      const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
      expect(values.length).toBe(sizes[at]);
      expect(values.every((value, index) => value === at + index)).toBe(true);
    }
    await files.remove();
    expect(readdirSync(scratch)).toEqual([]);
  });

  test("leaves nothing where the memory is not there after all, and where the weights cannot be read", async () => {
    const folder = memoryFolder(scratch)!;
    const full = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
    expect(await folder.write([counting(10), failing(full), counting(10)])).toBeNull();
    expect(readdirSync(scratch)).toEqual([]);
    const cut = new InputError("file", "cut.gguf became shorter");
    await expect(folder.write([counting(10), failing(cut)])).rejects.toBe(cut);
    expect(readdirSync(scratch)).toEqual([]);
  });

  test("removes what a killed process left, and nothing else", async () => {
    const now = Date.now() / 1000;
    const left = (pid: number, age: number) => {
      const name = `induction-lens-${pid}-left`;
      mkdirSync(join(scratch, name));
      utimesSync(join(scratch, name), now - age, now - age);
      return name;
    };
    const nobody = 2 ** 22 + 1; // more than Linux gives
    left(nobody, 3600);
    const others = [left(nobody + 1, 1), left(process.pid, 3600)];
    mkdirSync(join(scratch, "of others"));
    await (await memoryFolder(scratch)!.write([counting(1)]))!.remove();
    expect(readdirSync(scratch).sort()).toEqual([...others, "of others"].sort());
    for (const name of readdirSync(scratch)) rmSync(join(scratch, name), { recursive: true });
  });

  test("is none where files lie on a disk, and where there is no such folder", () => {
    expect(memoryFolder("/proc")).toBeUndefined();
    expect(memoryFolder(join(scratch, "missing"))).toBeUndefined();
  });
});

describe.skipIf(skip || !engine.mapsFiles)("a session of computed weights", () => {
  const [INNER, COLUMNS] = [4096, 5000]; // 82 MB: more than travels inside a model

  const numbers = (shape: readonly number[], factor: number) =>
    computedTensor("computed", shape, (first, into) => {
      for (let at = 0; at < into.length; at++) into[at] = ((factor * (first + at)) % 1009) - 500;
    });

  /** A table that is multiplied, and looked up too if `isRead`; another weight is added. */
  function productProgram({ isRead = false } = {}) {
    const b = builder();
    const weight = (name: string, axes: Readonly<Record<string, number>>, factor: number) =>
      b.weight({ name, axes, stored: numbers(Object.values(axes), factor) });
    const table = weight("table", { inner: INNER, column: COLUMNS }, 7919);
    const bias = weight("bias", { column: COLUMNS }, 31);
    const rows = b.input("rows", "float32", { batch: "batch", inner: INNER });
    const product = b.contract(rows, table, ["batch", "column"], { bias, as: "product" });
    return b.program(isRead ? [product, b.rename(table, {}, "copy")] : [product]);
  }

  const inFolder: Backend = { ...engine, memoryFolder: memoryFolder(scratch) };
  const handedOver: Backend = { ...engine, memoryFolder: undefined };
  const full: Backend = {
    ...engine,
    memoryFolder: { ...memoryFolder(scratch)!, freeBytes: () => 1e6 },
  };
  const refusing: Backend = {
    ...engine,
    memoryFolder: { freeBytes: () => 1e12, write: () => Promise.resolve(null) },
  };

  test("gives the same bytes mapped and handed over, and where the folder is full", async () => {
    const rows = tensor(
      ["batch", "inner"],
      [2, INNER],
      Float32Array.from({ length: 2 * INNER }, (_, at) => Math.cos(at)),
    );
    const products: Float32Array[] = [];
    for (const backend of [inFolder, handedOver, full, refusing]) {
      const session = await prepare(productProgram(), backend);
      expect(readdirSync(scratch)).toEqual([]);
      products.push((await session.run(new Map([["rows", rows]]))).get("product")!.data);
      await session.close();
    }
    for (const product of products) expect(product).toEqual(products[0]);
  });

  test("is planned with what it takes: once where it is repacked alone, twice where it is read too", () => {
    const size = 4 * INNER * COLUMNS;
    const plan = (program: ReturnType<typeof productProgram>, backend: Backend) =>
      planMemory(program, backend, {}).weightBytes / size;
    expect(plan(productProgram(), inFolder)).toBeCloseTo(1, 2);
    expect(plan(productProgram({ isRead: true }), inFolder)).toBeCloseTo(2, 2);
    for (const backend of [handedOver, full])
      expect(plan(productProgram(), backend)).toBeCloseTo(2, 2);
    const whileMade = planMemory(productProgram(), inFolder, {}).totalBytes;
    expect(whileMade / size).toBeGreaterThan(2); // the file and what is repacked
    expect(whileMade).toBeLessThan(planMemory(productProgram(), handedOver, {}).totalBytes);
  });
});
