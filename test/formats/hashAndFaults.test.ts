/** @file Files are hashed and their weights looked at in one reading: the same hash and the same faults as in two. */
import { expect, test } from "vitest";
import { bytesInMemory, type ByteSource, type StoredTensor } from "../../src/base/bytes.ts";
import { AbortError } from "../../src/base/errors.ts";
import { hashAndFaults } from "../../src/formats/hashAndFaults.ts";
import { nodeSha256, sha256 } from "../../src/formats/sha256.ts";
import { weightFaults } from "./weightFaults.ts";

/** A source that counts the bytes that are read of it. */
function counted(name: string, bytes: Uint8Array) {
  const memory = bytesInMemory(name, bytes);
  const counts = { read: 0 };
  const source: ByteSource = {
    ...memory,
    read(offset, length) {
      counts.read += length;
      return memory.read(offset, length);
    },
  };
  return { source, counts };
}

const floats = (count: number, value = 1) =>
  new Uint8Array(Float32Array.from({ length: count }, (_, at) => value * (at + 1)).buffer);

function tensor(
  source: ByteSource,
  offset: number,
  shape: readonly number[],
  type: "F32" | "F16" = "F32",
): StoredTensor {
  const count = shape.reduce((product, size) => product * size, 1);
  return { type, shape, source, offset, sizeBytes: count * (type === "F32" ? 4 : 2) };
}

/** Large enough for several pieces, at an odd place; then no number, an infinity, a gap, and zeros at the end. */
const large = 1_500_000;
const first = new Uint8Array(4 * large + 41);
first.set(floats(large), 7);
first.set(new Uint8Array(Float32Array.of(NaN, 2, Infinity).buffer), 4 * large + 7);
const second = new Uint8Array(64);
second.set(floats(4), 0);
const [one, other, outside] = [
  counted("one", first),
  counted("other", second),
  counted("outside", floats(6)),
];
const weights = new Map([
  ["late", tensor(one.source, 4 * large + 7, [3])],
  ["large", tensor(one.source, 7, [1000, large / 1000])],
  ["zero", tensor(other.source, 32, [4, 2])],
  ["cut", tensor(other.source, 0, [2, 4])],
  ["the same as cut", tensor(other.source, 0, [4, 2])],
  ["elsewhere", tensor(outside.source, 0, [2, 3])],
  ["halves", tensor(one.source, 4 * large + 19, [2, 2], "F16")],
]);
const files = [one.source, other.source];

test("in one reading they have the hash and the faults that they have in two", async () => {
  const [hash, faults] = [await sha256(files), await weightFaults(weights)];
  expect(faults.nonFinite).toEqual([{ name: "late", nans: 1, infinities: 1 }]);
  expect(faults.zero).toEqual(["zero", "halves"]);
  expect(faults.zeroTails).toHaveLength(1);
  for (const { counts } of [one, other, outside]) counts.read = 0;
  expect(await hashAndFaults(files, weights, nodeSha256())).toEqual({ sha256: hash, ...faults });
  expect(one.counts.read).toBe(first.length);
  expect(other.counts.read).toBe(second.length + 32); // the tensor that lies on another
  expect(outside.counts.read).toBe(24);
});

test("the reading tells how far it is, and stops where it is asked to", async () => {
  const shares: number[] = [];
  const controller = new AbortController();
  const progress = (bytes: number, total: number) => void shares.push(bytes / total);
  await hashAndFaults(files, weights, nodeSha256(), { progress });
  expect(shares.at(-1)).toBe(1);
  const stop = () => controller.abort();
  const { signal } = controller;
  await expect(
    hashAndFaults(files, weights, nodeSha256(), { signal, progress: stop }),
  ).rejects.toThrow(AbortError);
});
