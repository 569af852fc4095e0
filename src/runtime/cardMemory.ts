/** @file How much of their own memory graphics cards have free. WebGPU does not say, so NVIDIA's driver is asked. Node only. */
import { execFileSync } from "node:child_process";

/** A driver that does not answer is not waited for. */
const PATIENCE_MS = 5000;

/**
 * Free bytes of the card that has the fewest, since the engine does not say which it takes; undefined where no driver says. Cards
 * of other makers do not say, and those that share the machine's memory have none.
 *
 * @param ask runs a program and gives what it prints, null without it
 */
export function freeOnCards(ask = printedBy): number | undefined {
  const printed = ask("nvidia-smi", ["--query-gpu=memory.free", "--format=csv,noheader,nounits"]);
  const lines = printed?.split("\n").filter((line) => /^\s*\d+\s*$/.test(line)) ?? [];
  return lines.length === 0 ? undefined : Math.min(...lines.map(Number)) * 2 ** 20;
}

function printedBy(program: string, args: readonly string[]): string | null {
  try {
    return execFileSync(program, args, {
      encoding: "utf8",
      timeout: PATIENCE_MS,
      stdio: ["ignore", "pipe", "ignore"],
      windowsHide: true,
    });
  } catch {
    return null;
  }
}
