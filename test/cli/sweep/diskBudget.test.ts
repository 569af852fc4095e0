import { mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { diskBudget } from "../../../src/cli/sweep/diskBudget.ts";
import type { SweepJob } from "../../../src/cli/sweep/plan.ts";

const SHARED = "f".repeat(40);

/** A cache of the hub into which checkpoints are written as downloads leave them; each has 100 bytes and 10 that all share. */
function cache() {
  const folder = mkdtempSync(join(tmpdir(), "disk-budget-"));
  const model = join(folder, "models--org--run");
  const commitOf = (step: number) => String(step).padStart(40, "0");
  return {
    folder,
    download(step: number) {
      const commit = commitOf(step);
      for (const part of ["blobs", "refs", `snapshots/${commit}`])
        mkdirSync(join(model, part), { recursive: true });
      writeFileSync(join(model, "refs", `step${step}`), commit);
      for (const [name, blob, size] of [
        ["model.safetensors", commitOf(1000 + step), 100],
        ["config.json", SHARED, 10],
      ] as const) {
        writeFileSync(join(model, "blobs", blob), new Uint8Array(size));
        symlinkSync(`../../blobs/${blob}`, join(model, "snapshots", commit, name));
      }
    },
    steps: () => readdirSync(join(model, "snapshots")).map(Number),
    blobs: () => readdirSync(join(model, "blobs")).length,
  };
}

const job = (step: number): SweepJob => ({
  ...{ typed: `org/run@step${step}`, name: "org/run", revision: `step${step}` },
  ...{ study: "score", options: { seed: 0 } },
});

test("a checkpoint leaves after its use, the one used longest ago first, and what was there before stays", async () => {
  const { folder, download, steps, blobs } = cache();
  download(1);
  const disk = await diskBudget(210, folder);
  for (const step of [2, 3, 4, 2, 5])
    await disk.during(job(step), () => {
      if (!steps().includes(step)) download(step);
      return Promise.resolve();
    });
  expect(steps()).toEqual([1, 2, 5]);
  expect(blobs()).toBe(4); // three, and the one that all share
  const none = await diskBudget(0, folder);
  await none.during(job(6), () => Promise.resolve(download(6)));
  expect(steps()).toEqual([1, 2, 5]);
});

test("a checkpoint that another job uses stays until that one ends, and a failed job leaves nothing", async () => {
  const { folder, download, steps } = cache();
  download(1);
  const disk = await diskBudget(0, folder);
  let end = () => undefined as void;
  const long = disk.during(job(2), () => {
    download(2);
    return new Promise<void>((resolve) => (end = resolve));
  });
  const failed = disk.during(job(3), () => {
    download(3);
    return Promise.reject(new Error("broken"));
  });
  await expect(failed).rejects.toThrow("broken");
  expect(steps()).toEqual([1, 2]);
  end();
  await long;
  expect(steps()).toEqual([1]);
});
