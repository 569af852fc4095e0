/** @file Names on this machine that are close to one that is not there. Node only. */
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { distance } from "fastest-levenshtein";

const MOST_LISTED = 3;

/**
 * Files and folders beside `path` whose names differ from it by two letters at most, or by upper and lower case, nearest
 * first; where the folder that should hold it is missing too, folders near that one.
 */
export async function nearNames(path: string): Promise<string[]> {
  const [folder, name] = [dirname(path), basename(path)];
  const names = await readdir(folder).catch(() => null);
  if (names === null) return folder === path ? [] : nearNames(folder);
  const most = Math.min(2, Math.ceil(name.length / 3));
  return names
    .map((other) => ({ other, far: distance(other.toLowerCase(), name.toLowerCase()) }))
    .filter(({ other, far }) => far <= most && other !== name)
    .sort((near, two) => near.far - two.far || (near.other < two.other ? -1 : 1))
    .slice(0, MOST_LISTED)
    .map(({ other }) => (folder === "." && !path.startsWith("./") ? other : join(folder, other)));
}

/** `there is no file or folder PATH`, with what is near. */
export async function notThere(path: string): Promise<string> {
  const near = await nearNames(path);
  return `there is no file or folder ${path}${near.length > 0 ? ` (near it: ${near.join(", ")})` : ""}`;
}
