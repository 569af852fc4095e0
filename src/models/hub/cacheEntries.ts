/** @file What the cache holds, and whether it is still what was downloaded. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { AbortError, throwIfAborted } from "../../base/errors.ts";
import { repoCache, type RepoCache } from "./cacheLayout.ts";
import { isCommit } from "./checkedNames.ts";

/** One commit of a model in the cache. */
export interface CachedRevision {
  readonly commit: string;
  /** Branches and tags that stood for it when they were last asked about. */
  readonly refs: readonly string[];
  readonly files: readonly CachedFile[];
  /** Bytes of its files; files shared with other commits count in each. */
  readonly sizeBytes: number;
}

export interface CachedFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** Name of its blob, which is its hash; null for a copy. -1 bytes and null if the link leads nowhere. */
  readonly blob: string | null;
}

/** One model in the cache. */
export interface CacheEntry {
  readonly id: string;
  readonly folder: string;
  readonly revisions: readonly CachedRevision[];
  /** Bytes on disk, downloads under way included. */
  readonly sizeBytes: number;
  /** Bytes of downloads that did not finish. */
  readonly unfinishedBytes: number;
  /** When the youngest blob was written. */
  readonly modified: Date;
}

/** A blob that is not what its name says. */
export interface BadBlob {
  readonly id: string;
  readonly path: string;
  readonly problem: string;
}

/** The models of a cache, by name. A folder that is not a cache, or does not exist, has none. */
export async function cacheEntries(cacheDir: string): Promise<CacheEntry[]> {
  const names = (await readdir(cacheDir).catch(() => [])).filter((name) =>
    /^models--[^/]+$/.test(name),
  );
  return Promise.all(names.sort().map((name) => entryOf(cacheDir, name)));
}

/**
 * Reads every blob again and compares its hash with its name: sha256, or git's sha1 for small files.
 *
 * @param onBytes hears how many bytes have been read in all
 */
export async function verifyCache(
  cacheDir: string,
  {
    id,
    onBytes = () => undefined,
    signal,
  }: {
    /** Only this model. */
    id?: string;
    onBytes?: (bytes: number) => void;
    signal?: AbortSignal;
  } = {},
): Promise<{ checked: number; bytes: number; bad: BadBlob[] }> {
  const bad: BadBlob[] = [];
  let checked = 0;
  let bytes = 0;
  for (const entry of await cacheEntries(cacheDir)) {
    if (id !== undefined && entry.id !== id) continue;
    const { blobs } = repoCache(cacheDir, entry.id);
    for (const name of await readdir(blobs).catch(() => [])) {
      if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(name)) continue;
      const path = join(blobs, name);
      const count = (chunk: Uint8Array) => onBytes((bytes += chunk.byteLength));
      const problem = await problemOf(path, name, count, signal);
      checked++;
      if (problem !== null) bad.push({ id: entry.id, path, problem });
    }
    bad.push(...brokenLinks(entry));
  }
  return { checked, bytes, bad };
}

async function problemOf(
  path: string,
  name: string,
  count: (chunk: Uint8Array) => void,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  try {
    const { size } = await stat(path);
    const hash =
      name.length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
      throwIfAborted(signal);
      hash.update(chunk as Uint8Array);
      count(chunk as Uint8Array);
    }
    const got = hash.digest("hex");
    return got === name ? null : `has the hash ${got}`;
  } catch (error) {
    if (error instanceof AbortError) throw error;
    return `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
  }
}

function brokenLinks({ id, folder, revisions }: CacheEntry): BadBlob[] {
  return revisions.flatMap(({ commit, files }) =>
    files
      .filter((file) => file.sizeBytes < 0)
      .map((file) => ({
        id,
        path: join(folder, "snapshots", commit, file.name),
        problem: "is a link to a blob that is not there",
      })),
  );
}

async function entryOf(cacheDir: string, name: string): Promise<CacheEntry> {
  const id = name.slice("models--".length).replace("--", "/");
  const cache = repoCache(cacheDir, id);
  const blobs = await sizesIn(cache.blobs);
  const unfinished = blobs.filter((blob) => blob.name.includes("."));
  const sum = (sizes: readonly { size: number }[]) =>
    sizes.reduce((total, { size }) => total + size, 0);
  return {
    id,
    folder: cache.folder,
    revisions: await revisionsOf(cache),
    sizeBytes: sum(blobs),
    unfinishedBytes: sum(unfinished),
    modified: new Date(Math.max(0, ...blobs.map((blob) => blob.modifiedMs))),
  };
}

async function revisionsOf(cache: RepoCache): Promise<CachedRevision[]> {
  const refs = await refsOf(cache);
  const commits = (await readdir(cache.snapshots).catch(() => [])).filter(isCommit).sort();
  return Promise.all(
    commits.map(async (commit) => {
      const files = await filesOf(cache, commit);
      return {
        commit,
        refs: [...refs].filter(([, of]) => of === commit).map(([ref]) => ref),
        files,
        sizeBytes: files.reduce((total, file) => total + Math.max(0, file.sizeBytes), 0),
      };
    }),
  );
}

/** Commit by branch or tag. */
export async function refsOf(cache: RepoCache): Promise<Map<string, string>> {
  const refs = new Map<string, string>();
  for (const name of await filesUnder(cache.refs)) {
    refs.set(name, (await readFile(join(cache.refs, name), "utf8").catch(() => "")).trim());
  }
  return refs;
}

async function filesOf(cache: RepoCache, commit: string): Promise<CachedFile[]> {
  const folder = join(cache.snapshots, commit);
  const blobs = await realpath(cache.blobs).catch(() => cache.blobs);
  return Promise.all(
    (await filesUnder(folder)).map(async (name) => {
      const path = join(folder, name);
      const real = await realpath(path).catch(() => null);
      const sizeBytes = real === null ? -1 : (await stat(real)).size;
      const blob = real?.startsWith(blobs + sep) ? real.slice(blobs.length + 1) : null;
      return { name, sizeBytes, blob };
    }),
  );
}

/** Relative paths, with `/`, of what lies under `folder`; links are named and not followed. */
async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

async function sizesIn(
  folder: string,
): Promise<{ name: string; size: number; modifiedMs: number }[]> {
  const names = await readdir(folder).catch(() => []);
  const entries = await Promise.all(
    names.map(async (name) => {
      const of = await stat(join(folder, name)).catch(() => null);
      return of === null ? null : { name, size: of.size, modifiedMs: of.mtimeMs };
    }),
  );
  return entries.filter((of) => of !== null);
}
