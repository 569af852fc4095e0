/**
 * @file One process at a time per blob. A lock is a file made with O_EXCL that says whose it is; it is touched while the
 * work goes on, so that the lock of a dead process, or of a machine that is gone, can be told and broken.
 */
import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UnableError } from "../../base/errors.ts";
import { pause } from "./request.ts";
import { isAbandoned } from "../../formats/abandoned.ts";
import { hostTag, isAlive } from "../../formats/livingProcess.ts";
import { temporaryName } from "./temporaryFiles.ts";

/** A lock that is held. */
export interface HeldLock {
  /** Throws if somebody took the lock over, which happens to a process that slept for minutes. */
  check(): Promise<void>;
}

/** Not ".lock": Python's client has files of that name, which stay when nobody holds them. */
export const LOCK_SUFFIX = ".owner";

const BEAT_MS = 5_000;
const SILENT_MS = 120_000; // by the clock of the process that waits: the owner's clock may differ
const UNSIGNED_MS = 5_000; // made, but its owner's name not written yet

/** Runs `work` while holding the lock at `path`; waits for it as long as its owner lives. */
export async function withLock<Value>(
  path: string,
  signal: AbortSignal | undefined,
  work: (lock: HeldLock) => Promise<Value>,
): Promise<Value> {
  const mark = JSON.stringify({
    pid: process.pid,
    host: hostTag(),
    key: randomBytes(8).toString("hex"),
  });
  await mkdir(dirname(path), { recursive: true });
  const silence = silenceOf(path);
  while (!(await takeLock(path, mark))) {
    if (!(await brokenIfStale(path, silence))) await pause(40, signal);
  }
  const beat = setInterval(() => void touch(path), BEAT_MS).unref();
  const check = async () => {
    if ((await markAt(path)) !== mark)
      throw new UnableError(`${path} was taken over by another process`);
  };
  try {
    return await work({ check });
  } finally {
    clearInterval(beat);
    if ((await markAt(path)) === mark) await rm(path, { force: true });
  }
}

/** Removes the locks in `folder` whose owners are gone. */
export async function sweepLocks(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.endsWith(LOCK_SUFFIX)) continue;
    const path = join(folder, name);
    await brokenIfStale(path, async () => ((await isAbandoned(path)) ? Infinity : 0));
  }
}

async function takeLock(path: string, mark: string): Promise<boolean> {
  try {
    await writeFile(path, mark, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** How long a lock has been silent, in ms. */
type Silence = () => Promise<number>;

/** Since the lock at `path` was last seen to be another one or to be touched; from the first look on. */
function silenceOf(path: string): Silence {
  let last = "";
  let since = 0;
  return async () => {
    const stats = await stat(path).catch(() => null);
    const look = `${stats?.ino} ${stats?.mtimeMs}`;
    const now = performance.now();
    if (look !== last) [last, since] = [look, now];
    return now - since;
  };
}

/** Removes the lock if its owner is gone. By rename, so that of several who see it only one removes it. */
async function brokenIfStale(path: string, silence: Silence): Promise<boolean> {
  const mark = await markAt(path);
  if (mark === null) return true; // released meanwhile
  if (!(await isStale(mark, silence))) return false;
  const aside = `${dirname(path)}/${temporaryName("lock")}`;
  try {
    await rename(path, aside);
  } catch {
    return true; // somebody else was quicker
  }
  const moved = await markAt(aside);
  if (moved !== mark && moved !== null) await takeLock(path, moved).catch(() => false); // a new owner's: give it back
  await rm(aside, { force: true });
  return true;
}

async function isStale(mark: string, silence: Silence): Promise<boolean> {
  const silentMs = await silence();
  const owner = ownerOf(mark);
  if (owner === null) return silentMs > UNSIGNED_MS;
  return isAlive(owner.pid, owner.host) === false || silentMs > SILENT_MS;
}

function ownerOf(mark: string): { pid: number; host: string } | null {
  try {
    const { pid, host } = JSON.parse(mark) as Record<string, unknown>;
    return Number.isInteger(pid) && (pid as number) > 0 && typeof host === "string"
      ? { pid: pid as number, host }
      : null;
  } catch {
    return null;
  }
}

const markAt = (path: string) => readFile(path, "utf8").catch(() => null);

async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
}
