/**
 * @file Files that lie in memory and have a path, so that an engine maps weights that lie in no file. Linux only.
 *
 * An engine that is handed bytes copies them before it repacks them; what it maps it repacks from where it is. (SmolLM2-135M opens in two
 * thirds of the time, takes 1.03 GB meanwhile in place of 1.34, and keeps .62 in place of .77.)
 */
import { accessSync, constants, mkdirSync, realpathSync, statfsSync } from "node:fs";
import { open, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { MemoryFolder, Unwritten } from "../base/backend.ts";
import { inLanes, LANES } from "./inLanes.ts";
import {
  ownFolder,
  removeAtEnd,
  removeForgotten,
  removeNow,
  SHARED_MEMORY,
} from "./memoryLeftovers.ts";

/** What Linux calls a file system in memory. */
const TMPFS = 0x01021994;

const CHUNK_BYTES = 4 * 1024 * 1024;

/** What systems say where a file system, or somebody's share of it, is full. */
const NO_ROOM: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "ENOMEM"]);

/** Files in a folder in memory; undefined where it is on a disk, or cannot be written. */
export function memoryFolder(folder = SHARED_MEMORY): MemoryFolder | undefined {
  const where = usable(folder);
  if (where === undefined) return undefined;
  return {
    freeBytes() {
      const { bavail, bsize } = statfsSync(where);
      return bavail * bsize;
    },
    async write(all) {
      removeForgotten(where);
      const own = ownFolder(where);
      const paths = all.map((_, index) => join(own, String(index)));
      const remove = async () => {
        await Promise.allSettled(paths.map((path) => unlink(path))); // on several cores
        removeNow(own);
      };
      try {
        removeAtEnd(own);
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
  return inLanes(writes);
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
