/** @file Which processes are there: one that has ended is not, even while nobody has asked for its exit code. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { isRunning } from "../../src/formats/livingProcess.ts";

test("this process runs, and a number above any is nobody's", () => {
  expect([isRunning(process.pid), isRunning(2 ** 22 + 1)]).toEqual([true, false]);
});

test.skipIf(process.platform !== "linux")(
  "a process that waits to be asked for its exit code has ended",
  async () => {
    const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 60"]); // sleep asks for none
    const [text] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(String(text));
    await expect.poll(() => isRunning(pid)).toBe(false);
    expect(() => process.kill(pid, 0)).not.toThrow();
    parent.kill();
  },
);
