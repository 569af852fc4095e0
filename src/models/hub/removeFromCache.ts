/** @file Models and commits out of the cache. Readers that have a blob open keep it: nothing is ever overwritten. */
import { lstat, readdir, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { InputError } from "../../base/errors.ts";
import { cacheEntries, refsOf, type CacheEntry } from "./cacheEntries.ts";
import { repoCache, type RepoCache } from "./cacheLayout.ts";
import { LOCK_SUFFIX, withLock } from "./blobLock.ts";
import { leftovers } from "./temporaryFiles.ts";

/** What a removal took away. */
export interface RemovedModel {
  readonly id: string;
  readonly commits: readonly string[];
  readonly freedBytes: number;
}

/**
 * Removes a model, or one commit of it with the blobs that no other commit uses.
 *
 * @param target an id (`gpt2`), an id with branch, tag or commit (`gpt2@main`), or the first digits of a commit
 * @throws {InputError} "hub-not-found" if the cache has no such thing, "hub-name" if a commit is not the only one,
 *   "hub-busy" while it is being downloaded
 */
export async function removeFromCache(cacheDir: string, target: string): Promise<RemovedModel> {
  const entries = await cacheEntries(cacheDir);
  const { entry, commits } = meantBy(entries, target, cacheDir);
  const cache = repoCache(cacheDir, entry.id);
  if ((await lstat(cache.folder)).isSymbolicLink()) {
    throw new InputError(
      "hub-name",
      `${cache.folder} is a link, and only folders of the cache are removed`,
    );
  }
  return withLock(join(cache.locks, `removal${LOCK_SUFFIX}`), undefined, async () => {
    await refuseWhileBusy(cache, entry.id);
    const all = commits.length === entry.revisions.length;
    const freedBytes = all ? entry.sizeBytes : await removeCommits(cache, entry, commits);
    if (all) await rm(cache.folder, { recursive: true, force: true });
    return { id: entry.id, commits, freedBytes };
  });
}

function meantBy(
  entries: readonly CacheEntry[],
  target: string,
  cacheDir: string,
): { entry: CacheEntry; commits: string[] } {
  const whole = entries.find((entry) => entry.id === target);
  if (whole) return { entry: whole, commits: whole.revisions.map(({ commit }) => commit) };
  const at = target.lastIndexOf("@");
  const [id, revision] = at > 0 ? [target.slice(0, at), target.slice(at + 1)] : [null, target];
  const matches = entries
    .filter((entry) => id === null || entry.id === id)
    .flatMap((entry) =>
      entry.revisions
        .filter(({ commit, refs }) => isMeant(revision, commit, id === null ? [] : refs))
        .map(({ commit }) => ({ entry, commits: [commit] })),
    );
  if (matches.length === 1) return matches[0]!;
  if (matches.length > 1) {
    const ids = matches.map(({ entry, commits }) => `${entry.id}@${commits[0]}`).join(", ");
    throw new InputError("hub-name", `${target} could be any of ${ids}`);
  }
  const list = entries.map((entry) => entry.id).join(", ") || "nothing";
  throw new InputError(
    "hub-not-found",
    `the cache in ${cacheDir} has no ${target}, it has ${list}`,
  );
}

const isMeant = (revision: string, commit: string, refs: readonly string[]) =>
  refs.includes(revision) || (/^[0-9a-f]{5,40}$/.test(revision) && commit.startsWith(revision));

/** A lock that somebody holds, or a file that a living process writes, means that a download is going on. */
async function refuseWhileBusy(cache: RepoCache, id: string): Promise<void> {
  const left = new Set(await leftovers(cache.blobs));
  const blobs = await readdir(cache.blobs).catch(() => []);
  if (
    blobs.some(
      (name) => /\.\d+\.[0-9a-f]{8}\.[0-9a-f]{12}\.incomplete$/.test(name) && !left.has(name),
    )
  ) {
    throw new InputError("hub-busy", `${id} is being downloaded by another process`);
  }
}

async function removeCommits(
  cache: RepoCache,
  entry: CacheEntry,
  commits: readonly string[],
): Promise<number> {
  const blobsOf = (isRemoved: boolean) =>
    entry.revisions
      .filter(({ commit }) => commits.includes(commit) === isRemoved)
      .flatMap(({ files }) => files.map(({ blob }) => blob));
  const lasting = new Set(blobsOf(false));
  for (const [ref, commit] of await refsOf(cache)) {
    if (commits.includes(commit)) await removeFile(join(cache.refs, ref), cache.refs);
  }
  for (const commit of commits) {
    await rm(join(cache.snapshots, commit), { recursive: true, force: true });
    await rm(join(cache.absent, commit), { recursive: true, force: true });
  }
  let freedBytes = 0;
  for (const blob of new Set(blobsOf(true))) {
    if (blob === null || lasting.has(blob)) continue;
    freedBytes += (await stat(join(cache.blobs, blob)).catch(() => null))?.size ?? 0;
    await rm(join(cache.blobs, blob), { force: true });
  }
  return freedBytes;
}

/** The file, and the folders that it leaves empty, up to `top`. */
async function removeFile(path: string, top: string): Promise<void> {
  await rm(path, { force: true });
  for (let folder = dirname(path); folder !== top; folder = dirname(folder)) {
    const emptied = await rmdir(folder).then(
      () => true,
      () => false,
    );
    if (!emptied) return;
  }
}
