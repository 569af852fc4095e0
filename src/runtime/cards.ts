/** @file Which graphics cards there are, and how much of their own memory is free. WebGPU does not say. Node only. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";

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

/**
 * The system and, where it is Linux, its cards and their drivers: what a device's speed is remembered for.
 *
 * @param root where the files of the system are; a test has its own
 */
export function cardsHere(root = "/", environment = process.env): string {
  const drm = join(root, "sys/class/drm");
  const cards = namesIn(drm).filter((name) => /^card\d+$/.test(name));
  const ids = cards.map((name) =>
    ["vendor", "device"].map((id) => textOf(join(drm, name, "device", id))).join(":"),
  );
  const nvidia = textOf(join(root, "sys/module/nvidia/version"));
  const drivers = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"].map((name) => environment[name] ?? "");
  return [release(), ...ids.toSorted(), nvidia, ...drivers].filter(Boolean).join(" ");
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
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
