/**
 * @file Files that lie in memory and have a path, so that an engine maps weights that lie in no file. Linux only.
 *
 * An engine that is handed bytes copies them before it repacks them; what it maps it repacks from where it is. (SmolLM2-135M opens in two
 * thirds of the time, and the sessions of its decoded weights keep half as much.)
 */
import { randomUUID } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  statfsSync,
  statSync,
} from "node:fs";
import { open, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { MemoryFolder, Unwritten } from "../base/backend.ts";
import { inLanes } from "./inLanes.ts";

/** What Linux calls a file system in memory. */
const TMPFS = 0x01021994;

/** Written at once: what computes its values does it on several cores, and the system's work is done on another. */
const LANES = 4;

const CHUNK_BYTES = 4 * 1024 * 1024;

/** A name says whose it is, so that what a killed process left can be told. */
const NAME = /^induction-lens-(\d+)-/;

/** Nothing is written for so long by a process that is still there, even one that cannot be seen from here. */
const FORGOTTEN_MS = 60_000;

/** What systems say where a file system, or somebody's share of it, is full. */
const NO_ROOM: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "ENOMEM"]);

/** The folder that Linux has for this; undefined where it is another file system, or cannot be written. */
export function memoryFolder(folder = "/dev/shm"): MemoryFolder | undefined {
  const where = usable(folder);
  if (where === undefined) return undefined;
  return {
    freeBytes() {
      const { bavail, bsize } = statfsSync(where);
      return bavail * bsize;
    },
    async write(all) {
      removeForgotten(where);
      const own = join(where, `induction-lens-${process.pid}-${randomUUID()}`);
      const paths = all.map((_, index) => join(own, String(index)));
      const remove = async () => {
        await Promise.allSettled(paths.map((path) => unlink(path))); // on several cores
        removeNow(own);
      };
      try {
        removeAtExit(own);
        mkdirSync(own, { mode: 0o700 });
        await writeFiles(paths, all);
      } catch (error) {
        await remove();
        if (NO_ROOM.has((error as NodeJS.ErrnoException).code!)) return null;
        throw error;
      }
      return { paths, remove };
    },
  };
}

/** The folder with links resolved, if it lies in memory and can be written. */
function usable(folder: string): string | undefined {
  try {
    const path = realpathSync(folder);
    accessSync(path, constants.W_OK);
    return statfsSync(path).type === TMPFS ? path : undefined;
  } catch {
    return undefined;
  }
}

/** Each lane has memory of its own, which all of its files go through. */
function writeFiles(paths: readonly string[], all: readonly Unwritten[]): Promise<void> {
  const free = Array.from({ length: LANES }, () => new Uint8Array(CHUNK_BYTES));
  const writes = all.map((each, index) => async () => {
    const memory = free.pop()!;
    await writeFile(paths[index]!, each, memory);
    free.push(memory);
  });
  return inLanes(writes, LANES);
}

async function writeFile(
  path: string,
  { sizeBytes, fill }: Unwritten,
  memory: Uint8Array,
): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    for (let first = 0; first < sizeBytes; first += CHUNK_BYTES) {
      const bytes = memory.subarray(0, Math.min(CHUNK_BYTES, sizeBytes - first));
      await fill(first, bytes);
      for (let done = 0; done < bytes.length;)
        done += (await file.write(bytes, done, bytes.length - done)).bytesWritten;
    }
  } finally {
    await file.close();
  }
}

const removedAtExit = new Set<string>();

function removeAtExit(folder: string): void {
  if (removedAtExit.size === 0) process.once("exit", removeAll);
  removedAtExit.add(folder);
}

function removeNow(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  removedAtExit.delete(folder);
  if (removedAtExit.size === 0) process.off("exit", removeAll);
}

function removeAll(): void {
  for (const folder of removedAtExit) removeNow(folder);
}

/** What processes left that were killed while they opened a session; what other users left is theirs. */
function removeForgotten(where: string): void {
  for (const name of readdirSync(where)) {
    const pid = NAME.exec(name)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    const folder = join(where, name);
    const { uid, mtimeMs } = statSync(folder, { throwIfNoEntry: false }) ?? { mtimeMs: Infinity };
    if (uid === process.getuid?.() && Date.now() - mtimeMs > FORGOTTEN_MS) removeNow(folder);
  }
}
