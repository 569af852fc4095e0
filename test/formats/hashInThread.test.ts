/** @file The hash that a thread of its own makes, as it comes from `dist`, is that of this one. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { AbortError } from "../../src/base/errors.ts";
import { hashAndFaults } from "../../src/formats/hashAndFaults.ts";
import type { runningSha256InNode as OnceRead } from "../../src/formats/hashInThread.ts";
import { sha256 } from "../../src/formats/sha256.ts";

const { runningSha256InNode } = (await import(
  join(import.meta.dirname, "../../dist/formats/hashInThread.js")
)) as { readonly runningSha256InNode: typeof OnceRead };

const bytes = (count: number, factor: number) =>
  Uint8Array.from({ length: count }, (_, at) => (factor * at) >>> 3);
const MEGABYTE = 2 ** 20;
const files = [17 * MEGABYTE + 5, 3, 2 * MEGABYTE].map((count, at) =>
  bytesInMemory(`file ${at}`, bytes(count, 2654435761 + at)),
);

test("of pieces of all sizes, whose memory is used again at once", async () => {
  const hash = await runningSha256InNode(0, 0);
  const memory = new Uint8Array(5000);
  const pieces = [bytes(5000, 3), bytes(0, 1), bytes(1, 7), bytes(4999, 11), bytes(300, 13)];
  for (const piece of pieces) {
    memory.set(piece);
    await hash.update(memory.subarray(0, piece.length));
    memory.fill(255);
  }
  const sources = pieces.map((piece, at) => bytesInMemory(`piece ${at}`, piece));
  expect(await hash.hex()).toBe(await sha256(sources));
  await hash.close!();
});

test("of files, two hashes at a time", async () => {
  const right = await sha256(files);
  const both = await Promise.all(
    [0, 0].map(async () => hashAndFaults(files, new Map(), await runningSha256InNode(0, 0))),
  );
  expect(both.map((each) => each.sha256)).toEqual([right, right]);
});

test("is given up where the reading is stopped, with its thread", async () => {
  const controller = new AbortController();
  const hash = await runningSha256InNode(0, 0);
  const options = { signal: controller.signal, progress: () => controller.abort() };
  await expect(hashAndFaults(files, new Map(), hash, options)).rejects.toThrow(AbortError);
  await expect(Promise.resolve(hash.update(bytes(10, 1))).then(() => hash.hex())).rejects.toThrow();
});

test("of few bytes is made here, where nothing has to be given back", async () => {
  expect((await runningSha256InNode(1000)).close).toBeUndefined();
  const inThread = await runningSha256InNode(1e9);
  expect(inThread.close).toBeDefined();
  await inThread.close!();
});
