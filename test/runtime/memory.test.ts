/** @file Plans of memory against what a process really takes (VmHWM), for plans over 100 MB. Linux only. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { UnableError } from "../../src/base/errors.ts";
import { openModel } from "../../src/models/open.ts";
import { openPlanted } from "../../src/models/planted/planted.ts";
import { planMemory } from "../../src/runtime/memory.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { backends } from "./backends.ts";

const bench = join(import.meta.dirname, "../../bench");
const scratch = mkdtempSync(join(tmpdir(), "induction-lens-memory-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const engines = await backends();
const skip = !existsSync("/proc/self/clear_refs") || engines[0]!.device !== "cpu";

/** Tokens, rows and whether logits are made, by type of the weights. */
const PLANS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  F32: [
    ["64", "4"],
    ["256", "8"],
    ["64", "8", "logits"],
  ],
  BF16: [["64", "4"]],
};

type Measure = readonly [ratio: number, words: string];

/** The middle one of three measures by ratio, since what a busy machine leaves free varies; the first, if it is near 1. */
function middle(measure: () => Measure): Measure {
  const first = measure();
  if (first[0] < 1.3 && first[0] > 1 / 1.3) return first;
  return [first, measure(), measure()].sort(([one], [other]) => one - other)[1]!;
}

/** What was planned over what was taken, of one process, with both in words. */
function measured(model: string, args: readonly string[]): Measure {
  const printed = execFileSync(
    process.execPath,
    ["--expose-gc", join(bench, "peakMemory.js"), model, ...args],
    { encoding: "utf8" },
  );
  const { totalBytes, growthBytes } = JSON.parse(printed) as {
    totalBytes: number;
    growthBytes: number;
  };
  expect(totalBytes).toBeGreaterThan(1e8);
  return [totalBytes / growthBytes, `planned ${totalBytes}, took ${growthBytes}`];
}

describe("planMemory", () => {
  test.skipIf(skip)(
    "is within 1.3 x of what a session and its runs add, for F32 and BF16 weights",
    { timeout: 300_000, tags: ["slow"] },
    async () => {
      const { gpt2Shape } = (await import(join(bench, "gpt2Shape.js"))) as {
        gpt2Shape: (folder: string, type: string, sizes: object) => Promise<string>;
      };
      for (const type of Object.keys(PLANS)) {
        const model = await gpt2Shape(scratch, type, { layers: 5, vocabulary: 12_000 });
        await (await openModel(model)).close(); // hashing leaves memory free, which a session would take first
        for (const args of PLANS[type]!) {
          const [ratio, words] = middle(() => measured(model, args));
          expect(ratio, `${type} ${args.join(" ")}: ${words}`).toBeLessThan(1.3);
          expect(ratio, `${type} ${args.join(" ")}: ${words}`).toBeGreaterThan(1 / 1.3);
        }
      }
    },
  );

  test("refuses what the machine has no memory for, before anything is made", async () => {
    const { program } = await openPlanted("induction");
    const small = { ...engines[0]!, availableBytes: () => 1e6 };
    await expect(prepare(program, small)).rejects.toThrow(UnableError);
    await expect(prepare(program, small)).rejects.toThrow(
      /this needs about \d+ MB of memory, cpu has 1\.0 MB/,
    );
  });

  test("grows with the rows of a run and not with anything else", async () => {
    const { program } = await openPlanted("induction");
    const plan = (batch: number) => planMemory(program, engines[0]!, { batch, position: 64 });
    const growth = plan(8).valueBytes / plan(4).valueBytes; // the mask does not grow
    expect(growth).toBeGreaterThan(1.9);
    expect(growth).toBeLessThanOrEqual(2);
    expect(plan(8).weightBytes).toBe(plan(4).weightBytes);
  });
});
