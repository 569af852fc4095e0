/** @file Whether the process that a file's name speaks of is still there. Node only. */
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Whether a process of this machine is alive; null if it cannot be known from here. */
export function isAlive(pid: number, host: string): boolean | null {
  return host === hostTag() ? isRunning(pid) : null;
}

/**
 * Whether a process of this machine, or of this container, is there. One that has ended and waits for its parent to ask for its exit
 * code is not: in containers whose first process never asks, it would stay for ever.
 */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0); // sends nothing, asks whether it is there
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return !hasEnded(pid);
}

/** By the state that Linux tells, Z or X; elsewhere false. */
function hasEnded(pid: number): boolean {
  try {
    const [state] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!;
    return state === "Z" || state === "X";
  } catch {
    return false;
  }
}

/** Stands for this machine, and for this container where process numbers are counted anew. */
export function hostTag(): string {
  let space = "";
  try {
    space = readlinkSync("/proc/self/ns/pid");
  } catch {
    // only Linux has it
  }
  return createHash("sha256").update(`${hostname()} ${space}`).digest("hex").slice(0, 8);
}
