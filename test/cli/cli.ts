/** @file Runs the built command line as a user does: in a folder of its own, with pipes for a terminal. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export const MAIN = join(import.meta.dirname, "../../dist/cli/main.js");

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An empty folder that is gone after the test. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "induction-lens-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Every path below `folder`, but not what the cache of the command keeps. */
export function pathsIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((path) => !path.startsWith(".cache"))
    .sort();
}

/** The command, running. Nothing of the user's own settings reaches it. */
export function started(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): { child: ChildProcess; end: Promise<ProcessEnd>; printed: (text: string) => Promise<void> } {
  const { PATH = "" } = process.env;
  const env = { PATH, HOME: folder, XDG_CACHE_HOME: join(folder, ".cache"), ...environment };
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, env });
  const out = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8");
    child[stream].on("data", (text: string) => (out[stream] += text));
  }
  const end = new Promise<ProcessEnd>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, ...out }));
  });
  const printed = async (text: string) => {
    while (!out.stderr.includes(text)) {
      if (child.exitCode !== null) throw new Error(`ended without saying ${text}: ${out.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { child, end, printed };
}

/** The command from start to end. */
export function cli(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<ProcessEnd> {
  return started(folder, args, environment).end;
}
