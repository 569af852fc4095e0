import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { isAbandoned } from "../../../src/formats/abandoned.ts";
import { sweepLocks, withLock } from "../../../src/models/hub/blobLock.ts";

const MINUTE = 60_000;

/** A lock that a process of another machine has, and this process's own clock, which the test turns. */
function lockOfOther() {
  const folder = mkdtempSync(join(tmpdir(), "blob-lock-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "blob.owner");
  writeFileSync(path, JSON.stringify({ pid: 1, host: "00000000", key: "k" }));
  let now = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
  onTestFinished(() => clock.mockRestore());
  return {
    ...{ folder, path },
    touch: (at: number) => utimesSync(path, new Date(at), new Date(at)),
    turn: (ms: number) => void (now += ms),
    /** Until the one who waits has looked twice more. */
    async looked() {
      const looks = clock.mock.calls.length + 2;
      while (clock.mock.calls.length < looks)
        await new Promise((resolve) => setTimeout(resolve, 5));
    },
  };
}

test("a lock is its owner's while it is touched, by a clock that is an hour behind too", async () => {
  const { path, touch, turn, looked } = lockOfOther();
  const hourAgo = Date.now() - 60 * MINUTE;
  touch(hourAgo);
  const work = vi.fn(() => Promise.resolve("done"));
  const waiting = withLock(path, undefined, work);
  await looked();
  for (let beat = 1; beat <= 3; beat++) {
    touch(hourAgo + beat * MINUTE);
    turn(1.5 * MINUTE);
    await looked();
  }
  expect(work).not.toHaveBeenCalled();
  turn(2.5 * MINUTE); // silent since
  expect(await waiting).toBe("done");
});

test("the lock of a machine that is gone is broken after two minutes, also with a time that is to come", async () => {
  const { folder, path, touch, turn, looked } = lockOfOther();
  touch(Date.UTC(2100, 0));
  const work = vi.fn(() => Promise.resolve("done"));
  const waiting = withLock(path, undefined, work);
  await looked();
  turn(1.9 * MINUTE);
  await looked();
  expect(work).not.toHaveBeenCalled();
  turn(0.2 * MINUTE);
  expect(await waiting).toBe("done");
  expect(readdirSync(folder)).toEqual([]);
});

test("a file under way is abandoned a day after it was written, by the clock of its file system", async () => {
  const { folder, path, touch } = lockOfOther();
  const wrong = vi.spyOn(Date, "now").mockReturnValue(Date.UTC(2100, 0));
  onTestFinished(() => wrong.mockRestore());
  expect(await isAbandoned(path)).toBe(false);
  await sweepLocks(folder);
  expect(readdirSync(folder)).toEqual(["blob.owner"]);
  touch(Date.UTC(2000, 0));
  expect(await isAbandoned(path)).toBe(true);
  await sweepLocks(folder);
  expect(readdirSync(folder)).toEqual([]);
  expect(await isAbandoned(path)).toBe(false);
});
