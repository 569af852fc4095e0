/** @file Nothing stays in memory of a process that ends while it writes there, as it comes from `dist`. Linux only. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { memoryFolder } from "../../src/runtime/memoryFolder.ts";
import { removeLeftBy } from "../../src/runtime/memoryLeftovers.ts";

const skip = memoryFolder() === undefined;
const scratch = skip ? "" : mkdtempSync("/dev/shm/test-memory-leftovers-");
afterAll(() => void (skip || rmSync(scratch, { recursive: true })));

const MODULE = join(import.meta.dirname, "../../dist/runtime/memoryFolder.js");

/** A process that writes for a minute, with `more` to be done once it does. */
async function startWriting(more = "") {
  const script = `
    import { memoryFolder } from ${JSON.stringify(MODULE)};
    const fill = () => new Promise((resolve) => setTimeout(resolve, 60_000));
    memoryFolder(${JSON.stringify(scratch)}).write([{ sizeBytes: 8, fill }]);
    setTimeout(() => console.log("writes"), 50);
    ${more}`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script]);
  const end = new Promise((resolve) =>
    child.once("exit", (code, signal) => resolve(signal ?? code)),
  );
  await new Promise((resolve) => child.stdout.once("data", resolve));
  expect(readdirSync(scratch)).toHaveLength(1);
  return { child, end };
}

describe.skipIf(skip)("files in memory", () => {
  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "are gone with a process that %s ends",
    async (signal) => {
      const { child, end } = await startWriting();
      child.kill(signal);
      expect(await end).toBe(signal);
      expect(readdirSync(scratch)).toEqual([]);
    },
  );

  test("are gone with a process that exits", async () => {
    const { end } = await startWriting("setTimeout(() => process.exit(7), 200);");
    expect(await end).toBe(7);
    expect(readdirSync(scratch)).toEqual([]);
  });

  test("are left to a process that listens to the signal itself, until it ends", async () => {
    const listen = `process.on("SIGINT", () => { console.log("heard"); setTimeout(() => process.exit(5), 100); });`;
    const { child, end } = await startWriting(listen);
    child.kill("SIGINT");
    await new Promise((resolve) => child.stdout.once("data", resolve));
    expect(readdirSync(scratch)).toHaveLength(1);
    expect(await end).toBe(5);
    expect(readdirSync(scratch)).toEqual([]);
  });

  test("of a process that was killed are removed by whoever started it", async () => {
    const [{ child, end }, other] = [await startWriting(), 1];
    child.kill("SIGKILL");
    expect(await end).toBe("SIGKILL");
    removeLeftBy(other, scratch);
    expect(readdirSync(scratch)).toHaveLength(1);
    removeLeftBy(child.pid!, scratch);
    expect(readdirSync(scratch)).toEqual([]);
    expect(() => removeLeftBy(child.pid!, join(scratch, "missing"))).not.toThrow();
  });
});
