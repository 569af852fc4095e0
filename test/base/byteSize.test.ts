import { expect, test } from "vitest";
import { byteSize } from "../../src/base/byteSize.ts";

test("says bytes, kB, MB and GB, with one decimal below 10 MB and from 1 GB on", () => {
  const sizes = [0, 512, 41_920, 9_940_000, 64e6, 999e6, 1e9, 1.56e9, 24e9];
  expect(sizes.map((bytes) => byteSize(bytes))).toEqual([
    ...["0 bytes", "512 bytes", "42 kB", "9.9 MB", "64 MB", "999 MB"],
    ...["1.0 GB", "1.6 GB", "24.0 GB"],
  ]);
});

test("rounds what is needed up and what there is down", () => {
  expect(byteSize(1.51e9, "up")).toBe("1.6 GB");
  expect(byteSize(1.59e9, "down")).toBe("1.5 GB");
  expect([byteSize(63.1e6, "up"), byteSize(63.9e6, "down")]).toEqual(["64 MB", "63 MB"]);
});
