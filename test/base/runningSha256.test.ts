import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { runningSha256 } from "../../src/base/hash.ts";

test("is the hash of all bytes that came, at once and in pieces", async () => {
  const parts = [2 ** 22 + 7, 3, 0, 2 ** 20].map((size, part) =>
    new Uint8Array(size).map((_, at) => (at + part) % 251),
  );
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  const expected = createHash("sha256");
  for (const part of parts) expected.update(part);
  const hex = expected.digest("hex");
  for (const mostAtOnce of [size, size - 1]) {
    const hash = await runningSha256(size, mostAtOnce);
    for (const part of parts) hash.update(part);
    expect(await hash.hex()).toBe(hex);
  }
  const nothing = createHash("sha256").digest("hex");
  for (const mostAtOnce of [0, -1])
    expect(await (await runningSha256(0, mostAtOnce)).hex()).toBe(nothing);
});
