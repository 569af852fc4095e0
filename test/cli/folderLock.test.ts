import { readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { LOCK, lockFolder } from "../../src/cli/folderLock.ts";
import { emptyFolder, pathsIn } from "./cli.ts";

const NOBODY = 2 ** 22 + 1; // above any process number
const isRunning = vi.hoisted(() => vi.fn<(pid: number) => boolean>());
vi.mock("../../src/formats/livingProcess.ts", () => ({ isRunning }));
beforeEach(() => {
  isRunning.mockReset().mockReturnValue(false);
});

const holder = (pid: number, more = {}) => JSON.stringify({ pid, host: hostname(), ...more });

/** A folder with the lock of a process that has ended. */
function folderOfDead(pid = NOBODY): string {
  const folder = emptyFolder();
  writeFileSync(join(folder, LOCK), holder(pid));
  return folder;
}

describe("lockFolder", () => {
  test("takes the lock of a dead process over, and leaves nothing when it gives it back", () => {
    const folder = folderOfDead();
    const release = lockFolder(folder, "trains");
    expect(JSON.parse(readFileSync(join(folder, LOCK), "utf8"))).toMatchObject({
      pid: process.pid,
    });
    expect(pathsIn(folder)).toEqual([LOCK]);
    release();
    expect(pathsIn(folder)).toEqual([]);
  });

  test("refuses one that another process overtakes between its look at the lock and its claim", () => {
    const folder = folderOfDead();
    let winner = () => undefined as void;
    isRunning.mockImplementationOnce(() => {
      winner = lockFolder(folder, "trains");
      return false;
    });
    expect(() => lockFolder(folder, "trains")).toThrow(/process \d+ of .* trains in/);
    expect(pathsIn(folder)).toEqual([LOCK]);
    winner();
    expect(pathsIn(folder)).toEqual([]);
  });

  test("refuses one while another process takes the lock over", () => {
    const folder = folderOfDead();
    writeFileSync(join(folder, `${LOCK}.claim`), holder(NOBODY + 1));
    isRunning.mockImplementation((pid) => pid === NOBODY + 1);
    expect(() => lockFolder(folder, "trains")).toThrow(/process \d+ of .* trains in/);
    expect(readFileSync(join(folder, LOCK), "utf8")).toBe(holder(NOBODY));
  });

  test("goes on where a process was killed while it took a dead one's lock over", () => {
    const folder = folderOfDead();
    for (const claim of [".claim", ".claim.claim"])
      writeFileSync(join(folder, `${LOCK}${claim}`), holder(NOBODY + 1));
    lockFolder(folder, "trains");
    expect(pathsIn(folder)).toEqual([LOCK]);
  });

  test("knows a lock of a process that had its own number before, as in a container begun again", () => {
    isRunning.mockImplementation((pid) => pid === process.pid);
    lockFolder(folderOfDead(process.pid), "trains");
    const own = emptyFolder();
    lockFolder(own, "trains");
    expect(() => lockFolder(own, "trains")).toThrow(`process ${process.pid} of`);
  });

  test("leaves the lock of another machine alone, however old, and a file that is no lock", () => {
    const folder = emptyFolder();
    for (const words of [JSON.stringify({ pid: NOBODY, host: "elsewhere" }), "?"]) {
      writeFileSync(join(folder, LOCK), words);
      expect(() => lockFolder(folder, "trains")).toThrow(/if that process has ended, remove/);
      expect(readFileSync(join(folder, LOCK), "utf8")).toBe(words);
    }
  });
});
