/**
 * @file Sees to it that files in memory do not outlive what they are for, however a process ends: they would take memory until the machine
 * starts anew. Node only.
 */
import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

/** Where Linux has files in memory. */
export const SHARED_MEMORY = "/dev/shm";

/** A name says whose it is, so that what a killed process left can be told. */
const NAME = /^induction-lens-(\d+)-/;

/** Nothing is written for so long by a process that is still there, even one that cannot be seen from here. */
const FORGOTTEN_MS = 60_000;

/** What ends a process that does not listen. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The path of a folder of this process, which is not there yet. */
export function ownFolder(where: string): string {
  return join(where, `induction-lens-${process.pid}-${randomUUID()}`);
}

const folders = new Set<string>();

/** Has a folder removed if the process exits, or is told to end, before `removeNow`. */
export function removeAtEnd(folder: string): void {
  if (folders.size === 0) {
    process.once("exit", removeAll);
    for (const signal of SIGNALS) process.once(signal, endBy);
  }
  folders.add(folder);
}

export function removeNow(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 }); // writes may be under way
  folders.delete(folder);
  if (folders.size > 0) return;
  process.off("exit", removeAll);
  for (const signal of SIGNALS) process.off(signal, endBy);
}

function removeAll(): void {
  for (const folder of folders) removeNow(folder);
}

/** Where others listen it is theirs to end the process; else it ends as it would have without us. */
function endBy(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 0) return;
  removeAll();
  process.kill(process.pid, signal);
}

/** What processes left that were killed while they opened a session; what other users left is theirs. */
export function removeForgotten(where: string): void {
  for (const { folder, pid } of foldersIn(where)) {
    if (existsSync(`/proc/${pid}`)) continue;
    const { uid, mtimeMs } = statSync(folder, { throwIfNoEntry: false }) ?? { mtimeMs: Infinity };
    if (uid === process.getuid?.() && Date.now() - mtimeMs > FORGOTTEN_MS) removeNow(folder);
  }
}

/** What one process left, which has ended. */
export function removeLeftBy(ended: number, where: string = SHARED_MEMORY): void {
  for (const { folder, pid } of foldersIn(where)) if (pid === ended) removeNow(folder);
}

function foldersIn(where: string): { readonly folder: string; readonly pid: number }[] {
  if (!existsSync(where)) return [];
  return readdirSync(where).flatMap((name) => {
    const pid = NAME.exec(name)?.[1];
    return pid === undefined ? [] : [{ folder: join(where, name), pid: Number(pid) }];
  });
}
