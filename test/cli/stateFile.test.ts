import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { stateFile, statePath } from "../../src/cli/stateFile.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "state-"));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** A clock that is `elapsed` ms further than when the file was opened. */
function later(elapsed: number): void {
  const now = performance.now();
  vi.spyOn(performance, "now").mockReturnValue(now + elapsed);
}

test("keeps the steps of slow work, gives them back, says where, and goes when all is done", async () => {
  const path = join(folder, "deep", "state.jsonl");
  const said: string[] = [];
  const first = await stateFile(path, (text) => said.push(text));
  later(10_000);
  await first.keep("a", [1, 2.5]);
  await first.keep("b", { low: null });
  expect(said).toEqual([expect.stringContaining(path)]);
  const second = await stateFile(path, (text) => said.push(text));
  expect(await second.recall("a")).toEqual([1, 2.5]);
  expect(await second.recall("b")).toEqual({ low: null });
  expect(await second.recall("c")).toBeUndefined();
  expect(said[1]).toMatch(/going on after 2 steps/);
  await second.finished();
  expect(existsSync(path)).toBe(false);
});

test("writes nothing for work that is quicker done again", async () => {
  const path = join(folder, "state.jsonl");
  const memory = await stateFile(path, () => undefined);
  await memory.keep("a", 1);
  expect(existsSync(path)).toBe(false);
  await memory.finished();
});

test("forgets a line that was cut off, and writes on after it", async () => {
  const path = join(folder, "state.jsonl");
  writeFileSync(path, '{"step":"a","value":1}\n');
  appendFileSync(path, '{"step":"b","val');
  const memory = await stateFile(path, () => undefined);
  later(10_000);
  await memory.keep("c", 3);
  const again = await stateFile(path, () => undefined);
  expect([await again.recall("a"), await again.recall("b"), await again.recall("c")]).toEqual([
    1,
    undefined,
    3,
  ]);
  expect(readFileSync(path, "utf8")).toContain('"c"');
});

test("is no fault where nothing can be written", async () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  const memory = await stateFile(join(file, "below", "state.jsonl"), () => undefined);
  later(10_000);
  await expect(memory.keep("a", 1)).resolves.toBeUndefined();
  await expect(memory.finished()).resolves.toBeUndefined();
});

test("other options and other weights have other files", async () => {
  const paths = [
    await statePath("verdict", ["sha", { quick: true }]),
    await statePath("verdict", ["sha", {}]),
    await statePath("verdict", ["other", {}]),
  ];
  expect(new Set(paths).size).toBe(3);
});
