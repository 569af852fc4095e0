import { randomUUID } from "node:crypto";
import { rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

const ABANDONED_MS = 24 * 3600_000;

/**
 * Whether nobody has written to the file at `path` for a day: then whatever machine was to finish it is gone. Its age is by the clock
 * of the file system, which gave it its time; that of this machine may be another.
 */
export async function isAbandoned(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => null);
  if (stats === null) return false;
  const now = await timeIn(dirname(path));
  return now !== null && now - stats.mtimeMs > ABANDONED_MS;
}

/** What a file that is written there now gets as its time; null where none can be written. */
async function timeIn(folder: string): Promise<number | null> {
  const probe = join(folder, `.time-${randomUUID()}`);
  try {
    await writeFile(probe, "", { flag: "wx" });
    return (await stat(probe)).mtimeMs;
  } catch {
    return null;
  } finally {
    await rm(probe, { force: true });
  }
}
