/** @file Ctrl-C and its like: within two seconds, the right exit code, and nothing half-done left behind. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { LARGE, MIDDLE, writeCheckpoint } from "./checkpoint.ts";
import { emptyFolder, pathsIn, started } from "./cli.ts";

const LONGEST_MS = 2000;
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
const SCORE = ["score", "model", "--loss-examples", "0", "--num-examples", "50000"];
const RUN = ["run", "model", "--tokens", "tokens.json", "--capture", "*", "--out", "a.safetensors"];

function writeRows(folder: string, rows: number): void {
  const tokens = Array.from({ length: rows }, () => Array.from({ length: 64 }, (_, id) => id));
  writeFileSync(join(folder, "tokens.json"), JSON.stringify({ tokens }));
}

async function expectStopped(
  folder: string,
  running: ReturnType<typeof started>,
  signal: "SIGINT" | "SIGTERM",
  before: readonly string[],
) {
  const began = performance.now();
  running.child.kill(signal);
  const { code, signal: by, stdout, stderr } = await running.end;
  const tookMs = performance.now() - began;
  if (code === null)
    expect([by, stderr]).toEqual([signal, ""]); // before any of our code ran; a shell says 130 too
  else
    expect([code, stderr]).toEqual([EXIT_CODES[signal], expect.stringContaining("interrupted: ")]);
  expect(stdout).toBe("");
  expect(tookMs).toBeLessThan(LONGEST_MS);
  expect(pathsIn(folder)).toEqual(before);
}

describe("a signal ends the command in two seconds and leaves nothing behind", () => {
  test.each([
    ["SIGINT", "cpu"],
    ["SIGTERM", "cpu"],
    ["SIGINT", "wasm"],
  ] as const)("%s while %s scores", async (signal, device) => {
    const folder = emptyFolder();
    await writeCheckpoint(folder, "model", { sizes: MIDDLE });
    const before = pathsIn(folder);
    const running = started(folder, [...SCORE, "--device", device]);
    await running.printed("scoring");
    await expectStopped(folder, running, signal, before);
  });

  test("SIGINT while run has part of its file", async () => {
    const folder = emptyFolder();
    await writeCheckpoint(folder, "model", { sizes: MIDDLE });
    writeRows(folder, 1500);
    const before = pathsIn(folder);
    const running = started(folder, [...RUN, "--device", "wasm"]);
    await running.printed("running");
    expect(pathsIn(folder).filter((path) => path.endsWith(".part"))).toHaveLength(1);
    await expectStopped(folder, running, "SIGINT", before);
  });

  test.each([200, 900, 1500, 2500])(
    "SIGINT after %i ms, while Node starts, files are read, or an engine that cannot listen is made",
    async (delayMs) => {
      const folder = emptyFolder();
      await writeCheckpoint(folder, "model", { sizes: LARGE });
      const before = pathsIn(folder);
      const running = started(folder, [...SCORE, "--device", "wasm"]);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await expectStopped(folder, running, "SIGINT", before);
    },
  );

  test("killing the command ends what works for it", async () => {
    const folder = emptyFolder();
    await writeCheckpoint(folder, "model", { sizes: MIDDLE });
    const before = pathsIn(folder);
    const running = started(folder, [...SCORE, "--device", "wasm"]);
    await running.printed("scoring");
    running.child.kill("SIGKILL");
    const { signal } = await running.end; // the pipes close only when nobody writes to them any more
    expect(signal).toBe("SIGKILL");
    expect(pathsIn(folder)).toEqual(before);
  });
});
