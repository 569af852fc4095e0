import { mkdtempSync, rmSync } from "node:fs";
import { open, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { readAhead } from "../../src/runtime/readAhead.ts";

const MEGABYTE = 1024 * 1024;
const folder = mkdtempSync(join(tmpdir(), "induction-lens-read-"));
afterAll(() => rmSync(folder, { recursive: true }));

vi.mock("node:fs/promises", async (original) => {
  const real = await original<{ readonly open: typeof open }>();
  return { ...real, open: vi.fn(real.open) };
});

test("reads every byte of the parts and closes the file", async () => {
  const path = join(folder, "weights.bin");
  await writeFile(path, Buffer.alloc(12 * MEGABYTE));
  const ranges: (readonly [number, number])[] = [];
  const close = vi.fn();
  vi.mocked(open).mockResolvedValueOnce({
    read: (_: Buffer, __: number, length: number, position: number) => {
      ranges.push([position, length]);
      return Promise.resolve();
    },
    close,
  } as never);
  readAhead([
    { path, offset: 5, sizeBytes: 9 * MEGABYTE },
    { path, offset: 10 * MEGABYTE, sizeBytes: 7 },
  ]);
  await expect.poll(() => close.mock.calls.length).toBe(1);
  expect(ranges).toEqual([
    [5, 4 * MEGABYTE],
    [5 + 4 * MEGABYTE, 4 * MEGABYTE],
    [5 + 8 * MEGABYTE, MEGABYTE],
    [10 * MEGABYTE, 7],
  ]);
});

test("leaves a file alone that is gone or shorter than it was", async () => {
  const path = join(folder, "short.bin");
  await writeFile(path, "short");
  readAhead([{ path, offset: 100, sizeBytes: 5 * MEGABYTE }]);
  readAhead([{ path: `${path}.gone`, offset: 0, sizeBytes: 5 }]);
  await new Promise((settled) => setTimeout(settled, 50));
});
