import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { sha256OfBlobs } from "../../src/base/hash.ts";

test("is the hash of the bytes of all blobs, at once and in pieces, whose ends are not those of blobs", async () => {
  const parts = [2 ** 25 + 7, 3, 2 ** 20].map((size, part) =>
    new Uint8Array(size).map((_, at) => (at + part) % 251),
  );
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  const expected = hash.digest("hex");
  const blobs = parts.map((part) => new Blob([part]));
  expect(await sha256OfBlobs(blobs)).toBe(expected);
  expect(await sha256OfBlobs(blobs, { mostAtOnce: 1e6 })).toBe(expected);
  expect(await sha256OfBlobs([], { mostAtOnce: 0 })).toBe(createHash("sha256").digest("hex"));
});
