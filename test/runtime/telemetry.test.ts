import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** Variables that would keep the engine silent by themselves. */
const SILENCERS = ["CI", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "GITHUB_ACTIONS"];
const CLI = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

test("the native engine makes no device id and keeps nothing to report", async () => {
  const home = mkdtempSync(join(tmpdir(), "home-"));
  try {
    const loud = Object.entries(process.env).filter(([name]) => !SILENCERS.includes(name));
    const env = { ...Object.fromEntries(loud), HOME: home, XDG_CACHE_HOME: "" };
    const args = [CLI, "score", "zoo:attn-1l", "--num-examples", "10", "--device", "cpu", "--json"];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    expect(JSON.parse(stdout).environment.device).toBe("cpu");
    const left = readdirSync(home, { recursive: true, encoding: "utf8" });
    expect(left.filter((path) => !/^\.cache(\/induction-lens(\/[\w.-]+)?)?$/.test(path))).toEqual(
      [],
    );
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
