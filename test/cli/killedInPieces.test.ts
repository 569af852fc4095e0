/** @file A sweep in pieces that is killed, at several points, and goes on: the same bytes as one that was never stopped. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gpt2Shape } from "../../bench/gpt2Shape.js";
import { random } from "../../src/base/random.ts";
import { cli, emptyFolder, started } from "./cli.ts";

/** Three layers of GPT-2's width have 85 MB of weights. */
const ABLATE = ["--num-examples", "6", "--seq-len", "32", "--threads", "1"];
const WITHIN = [...ABLATE, "--memory", "100MB"];
/** The first is killed before anything is kept, the others once so many runs are. */
const KILLED_AT = [0, 1, 3, 5];

/** KILLS=20 kills a longer sweep so often, each time at a random moment until a little after it keeps its first run. */
const RANDOM_KILLS = Number(process.env["KILLS"] ?? 0);
const LONGER = ["--num-examples", "48", "--seq-len", "32", "--threads", "1"];
const BEYOND_FIRST = 1.6;

/** Runs that are kept by now. */
function countRuns(folder: string): number {
  const cache = join(folder, ".cache/induction-lens/resume");
  const [file] = existsSync(cache) ? readdirSync(cache) : [];
  const text = file === undefined ? "" : readFileSync(join(cache, file), "utf8");
  return text.split("\n").filter((line) => line.startsWith('["run ')).length;
}

/** On a machine as busy as this one; of a sweep in a folder of its own. */
async function timeToFirstRun(args: readonly string[]): Promise<number> {
  const folder = emptyFolder();
  const began = performance.now();
  const { child, end } = started(folder, args);
  while (countRuns(folder) === 0 && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill("SIGKILL");
  await end;
  return performance.now() - began;
}

async function killed(folder: string, model: string, runs: number): Promise<void> {
  const { child, end, printed } = started(folder, [
    "ablate",
    model,
    ...WITHIN,
    "--out",
    "result.json",
  ]);
  if (runs === 0) await printed("ablating");
  while (countRuns(folder) < runs && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill("SIGKILL");
  expect((await end).signal).toBe("SIGKILL");
  expect(existsSync(join(folder, "result.json"))).toBe(false);
}

function resultIn(folder: string, name: string): unknown {
  const { timings, ...result } = JSON.parse(readFileSync(join(folder, name), "utf8")) as {
    timings: unknown;
  };
  expect(timings).toBeDefined();
  return result;
}

test(
  "a sweep in pieces that was killed again and again ends in the Result of the whole model in one go",
  { timeout: 400_000, tags: ["slow"] },
  async () => {
    const folder = emptyFolder();
    const model = await gpt2Shape(folder, "BF16", { layers: 3, vocabulary: 512 });
    const whole = await cli(folder, ["ablate", model, ...ABLATE, "--out", "whole.json"]);
    expect(whole.code).toBe(0);
    for (const runs of KILLED_AT) await killed(folder, model, runs);
    const last = await cli(folder, ["ablate", model, ...WITHIN, "--out", "result.json"]);
    expect([last.code, last.stderr]).toEqual([0, expect.stringContaining("resuming: ")]);
    expect(resultIn(folder, "result.json")).toEqual(resultIn(folder, "whole.json"));
  },
);

test.skipIf(RANDOM_KILLS === 0)(
  `a sweep in pieces that was killed ${RANDOM_KILLS} times at random ends in the Result of one in one go${RANDOM_KILLS === 0 ? " (SKIPPED unless KILLS is set)" : ""}`,
  { timeout: 3_600_000 },
  async () => {
    const folder = emptyFolder();
    const model = await gpt2Shape(folder, "BF16", { layers: 3, vocabulary: 512 });
    await cli(folder, ["ablate", model, ...LONGER, "--out", "whole.json"]);
    const within = ["ablate", model, ...LONGER, "--memory", "100MB", "--out", "result.json"];
    const firstRunMs = await timeToFirstRun(within);
    const { uniform } = random(20);
    const runCounts: number[] = [];
    for (let time = 0; time < RANDOM_KILLS; time++) {
      const { child, end } = started(folder, within);
      await new Promise((resolve) => setTimeout(resolve, BEYOND_FIRST * firstRunMs * uniform()));
      child.kill("SIGKILL");
      expect((await end).signal).toBe("SIGKILL");
      runCounts.push(countRuns(folder));
    }
    console.log(`runs kept after each of ${RANDOM_KILLS} SIGKILLs: ${runCounts.join(" ")}`);
    expect(existsSync(join(folder, "result.json"))).toBe(false);
    const last = await cli(folder, within);
    expect([last.code, last.stderr]).toEqual([0, expect.stringContaining("resuming: ")]);
    expect(resultIn(folder, "result.json")).toEqual(resultIn(folder, "whole.json"));
  },
);
