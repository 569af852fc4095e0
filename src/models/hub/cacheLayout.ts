/**
 * @file The cache on disk, in the layout of Python's client, so that both use the same files:
 *
 *     models--org--name/blobs/HASH                   contents, named by their hash
 *     models--org--name/snapshots/COMMIT/config.json -> ../../blobs/HASH
 *     models--org--name/refs/main                    the commit that a branch or tag stood for
 *     models--org--name/.no_exist/COMMIT/FILE        the repository is known not to have FILE
 *     .locks/models--org--name/                      locks, and small files under way
 */
import { constants } from "node:fs";
import {
  copyFile,
  mkdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { InputError } from "../../base/errors.ts";
import { isCommit } from "./checkedNames.ts";
import { temporaryName } from "./temporaryFiles.ts";

/** Folders of one model in the cache. */
export interface RepoCache {
  readonly id: string;
  readonly folder: string;
  readonly blobs: string;
  readonly snapshots: string;
  readonly refs: string;
  readonly absent: string;
  readonly locks: string;
}

/** Where the model `id` (already checked) is kept, whether or not it is there. */
export function repoCache(cacheDir: string, id: string): RepoCache {
  const name = `models--${id.replace("/", "--")}`;
  const folder = join(cacheDir, name);
  return {
    id,
    folder,
    blobs: join(folder, "blobs"),
    snapshots: join(folder, "snapshots"),
    refs: join(folder, "refs"),
    absent: join(folder, ".no_exist"),
    locks: join(cacheDir, ".locks", name),
  };
}

/** The commit that `revision` stood for when it was last asked about, or null. */
export async function rememberedCommit(cache: RepoCache, revision: string): Promise<string | null> {
  if (isCommit(revision)) return revision;
  const text = await readFile(join(cache.refs, revision), "utf8").catch(() => "");
  return isCommit(text.trim()) ? text.trim() : null;
}

/** Note that `revision` stands for `commit`. */
export async function rememberCommit(
  cache: RepoCache,
  revision: string,
  commit: string,
): Promise<void> {
  if (revision === commit || (await rememberedCommit(cache, revision)) === commit) return;
  const path = join(cache.refs, revision);
  await folderInside(cache, dirname(path));
  await writeWhole(cache, path, commit);
}

/** Whether the cache has the file, knows that the repository has none, or cannot tell. */
export async function fileState(
  cache: RepoCache,
  commit: string,
  name: string,
): Promise<"here" | "absent" | "unknown"> {
  if (await isFile(join(cache.snapshots, commit, name))) return "here";
  return (await isFile(join(cache.absent, commit, name))) ? "absent" : "unknown";
}

/** Note that the repository has no file called `name` at `commit`. */
export async function rememberAbsent(
  cache: RepoCache,
  commit: string,
  name: string,
): Promise<void> {
  const path = join(cache.absent, commit, name);
  await folderInside(cache, dirname(path));
  await writeWhole(cache, path, "");
}

/** Put the blob `hash` into the snapshot of `commit` as `name`: a relative link, or a copy where links cannot be made. */
export async function linkFile(
  cache: RepoCache,
  commit: string,
  name: string,
  hash: string,
): Promise<void> {
  const path = join(cache.snapshots, commit, name);
  const blob = join(cache.blobs, hash);
  await folderInside(cache, dirname(path));
  const target = relative(dirname(path), blob);
  if ((await readlink(path).catch(() => null)) === target) return;
  await mkdir(cache.locks, { recursive: true });
  const temporary = join(cache.locks, temporaryName("link"));
  try {
    await symlink(target, temporary).catch(() =>
      copyFile(blob, temporary, constants.COPYFILE_FICLONE),
    );
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Makes `folder`, and refuses if links on the way lead out of the model's own folder. */
export async function folderInside(cache: RepoCache, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const root = await realpath(cache.folder);
  const real = await realpath(folder);
  if (real !== root && !real.startsWith(root + sep)) {
    throw new InputError("hub-name", `${folder} is a link that leads out of the cache, to ${real}`);
  }
}

async function writeWhole(cache: RepoCache, path: string, text: string): Promise<void> {
  await mkdir(cache.locks, { recursive: true });
  const temporary = join(cache.locks, temporaryName("text"));
  try {
    await writeFile(temporary, text, { flag: "wx" });
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}
