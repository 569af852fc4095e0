/**
 * @file Files under way. Their name says which process writes them, so that what a killed process left is known and can
 * be continued or removed, and what a living one writes is left alone.
 */
import { randomBytes } from "node:crypto";
import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { isAbandoned } from "../../formats/abandoned.ts";
import { hostTag, isAlive } from "../../formats/livingProcess.ts";

const SUFFIX = ".incomplete";
const PATTERN = /^(.+)\.(\d+)\.([0-9a-f]{8})\.[0-9a-f]{12}\.incomplete$/;

/** A new name, unique on every machine that shares the cache: WHAT.PID.HOST.RANDOM.incomplete */
export function temporaryName(what: string, pid: number = process.pid): string {
  return `${what}.${pid}.${hostTag()}.${randomBytes(6).toString("hex")}${SUFFIX}`;
}

/** Gives up a file under way that is worth continuing: whoever comes next may take it. */
export async function abandon(folder: string, name: string): Promise<void> {
  const what = PATTERN.exec(name)?.[1] ?? "blob";
  await rename(join(folder, name), join(folder, temporaryName(what, 0)));
}

/** Files in `folder` that nobody writes any more, of `what` if it is given; oldest clients' names are not touched. */
export async function leftovers(folder: string, what?: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const checked = await Promise.all(
    names.map(async (name) => {
      const [, of, pid, host] = PATTERN.exec(name) ?? [];
      const fits = of !== undefined && (what === undefined || of === what);
      return fits && (await isLeft(join(folder, name), Number(pid), host!)) ? name : null;
    }),
  );
  return checked.filter((name) => name !== null);
}

/** Removes what dead processes left in `folder`; `keep` names what may stay to be continued. */
export async function sweep(
  folder: string,
  keep: (name: string) => boolean = () => false,
): Promise<void> {
  for (const name of await leftovers(folder)) {
    if (!keep(name)) await rm(join(folder, name), { force: true });
  }
}

async function isLeft(path: string, pid: number, host: string): Promise<boolean> {
  if (pid === 0) return true;
  const alive = isAlive(pid, host);
  return alive === null ? isAbandoned(path) : !alive;
}
