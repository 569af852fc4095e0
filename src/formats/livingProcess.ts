/** @file Whether the process that a file's name speaks of is still there. Node only. */
import { createHash } from "node:crypto";
import { readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Whether a process of this machine is alive; null if it cannot be known from here. */
export function isAlive(pid: number, host: string): boolean | null {
  return host === hostTag() ? isRunning(pid) : null;
}

/** Whether a process of this machine, or of this container, is there. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0); // sends nothing, asks whether it is there
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
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
