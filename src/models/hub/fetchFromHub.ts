/** @file A model from the hub, or from the cache that holds what was downloaded before. Node only. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError, UnableError } from "../../base/errors.ts";
import { sweepLocks } from "./blobLock.ts";
import {
  fileState,
  linkFile,
  rememberAbsent,
  rememberCommit,
  rememberedCommit,
  repoCache,
  type RepoCache,
} from "./cacheLayout.ts";
import { checkedId, checkedRevision, isCommit } from "./checkedNames.ts";
import { collectFiles, type Bring } from "./collectFiles.ts";
import { downloadBlob } from "./downloadBlob.ts";
import { hubSettings, type HubOptions, type HubSettings } from "./hubSettings.ts";
import { fileUrl, type RepoListing } from "./listing.ts";
import { repoListing } from "./repoListing.ts";
import { sweep } from "./temporaryFiles.ts";
import { MODEL_FILES, wantedIn, type WantedFiles, type WantedFrom } from "./wantedFiles.ts";

/** How far the download of one file is. */
export interface HubProgress {
  readonly file: string;
  /** Bytes of it that are here, those of earlier calls included. */
  readonly bytes: number;
  readonly total: number;
}

export interface FetchOptions extends HubOptions {
  /** Branch, tag or commit. Default `main`. */
  readonly revision?: string | undefined;
  /** Which files. Default: configuration, tokenizer and weights. */
  readonly files?: WantedFiles | WantedFrom | undefined;
  /** Called as bytes arrive. */
  readonly onProgress?: ((progress: HubProgress) => void) | undefined;
}

/** Files of one commit, on disk. */
export interface HubSnapshot {
  readonly id: string;
  /** As it was asked for. */
  readonly revision: string;
  /** Full commit. */
  readonly commit: string;
  /** Holds the files under their own names, as links into the cache. */
  readonly folder: string;
  /** Names of the wanted files that the repository has, in the order they were wanted. */
  readonly files: readonly string[];
  /** Why this may not be what the hub has now, or null. */
  readonly warning: string | null;
}

/**
 * Brings the wanted files of a model into the cache, and says where they are. Files that are there already are not requested
 * again: nothing is sent for a full commit or offline, one small request for a branch or tag.
 *
 * @param id `name` or `organisation/name`
 * @throws {InputError} "hub-name" for hostile names, "hub-refused", "hub-not-found", "hub-offline", "hub-answer" for what
 *   is not what the hub listed
 * @throws {UnableError} if the hub cannot be reached, or the disk is full
 * @throws {AbortError} if the signal fires
 */
export async function fetchFromHub(id: string, options: FetchOptions = {}): Promise<HubSnapshot> {
  const settings = hubSettings(options);
  const revision = checkedRevision(options.revision ?? "main");
  const cache = repoCache(settings.cacheDir, checkedId(id));
  const choice = options.files ?? MODEL_FILES;
  const cached = await cachedSnapshot(cache, revision, choice, settings.offline);
  if (cached && (settings.offline || isCommit(revision))) return cached;
  if (settings.offline) throw notCached(id, revision, settings.cacheDir);

  const hurried = cached ? { ...settings, retries: 0 } : settings;
  let listing: RepoListing;
  try {
    listing = await repoListing(hurried, id, revision);
  } catch (error) {
    if (!cached || !(error instanceof UnableError)) throw error;
    return {
      ...cached,
      warning: `${revision} of ${id} is as it was last downloaded: ${error.message}`,
    };
  }
  return freshSnapshot(
    settings,
    cache,
    revision,
    listing,
    choice,
    options.onProgress ?? (() => undefined),
  );
}

async function freshSnapshot(
  settings: HubSettings,
  cache: RepoCache,
  revision: string,
  listing: RepoListing,
  choice: WantedFiles | WantedFrom,
  onProgress: (progress: HubProgress) => void,
): Promise<HubSnapshot> {
  const { commit } = listing;
  const bring: Bring = async (name) => {
    const file = listing.file(name);
    if (file === null) {
      await rememberAbsent(cache, commit, name).catch(() => undefined); // it saves a request, no more
      return false;
    }
    const url = fileUrl(settings.endpoint, cache.id, commit, name);
    const total = file.sizeBytes;
    await downloadBlob(settings, cache, url, file, (bytes) =>
      onProgress({ file: name, bytes, total }),
    );
    await linkFile(cache, commit, name, file.hash);
    return true;
  };
  const choices = wantedIn(choice, listing.names);
  const files = await collectFiles(cache.id, choices, bring, textIn(cache, commit));
  if (typeof files === "string")
    throw new InputError("hub-not-found", `${cache.id} at ${revision} ${files}`);
  await rememberCommit(cache, revision, commit);
  await tidyCache(cache);
  return {
    id: cache.id,
    revision,
    commit,
    folder: join(cache.snapshots, commit),
    files,
    warning: null,
  };
}

/** The snapshot, if the cache is known to have all of it; offline, what the cache cannot tell counts as absent. */
async function cachedSnapshot(
  cache: RepoCache,
  revision: string,
  choice: WantedFiles | WantedFrom,
  offline: boolean,
): Promise<HubSnapshot | null> {
  const commit =
    (await rememberedCommit(cache, revision)) ??
    (offline ? await shortCommit(cache, revision) : null);
  const choices = commit === null ? null : await wantedInCache(cache, commit, choice, offline);
  if (commit === null || choices === null) return null;
  let unknown = choices.guessed ?? false;
  const bring: Bring = async (name) => {
    const state = await fileState(cache, commit, name);
    unknown ||= state === "unknown";
    return state === "here";
  };
  const files = await collectFiles(cache.id, choices, bring, textIn(cache, commit));
  if (typeof files === "string" || (unknown && !offline)) return null;
  return {
    id: cache.id,
    revision,
    commit,
    folder: join(cache.snapshots, commit),
    files,
    warning: null,
  };
}

/** By the files that the cache has of a commit; null where they cannot tell. */
async function wantedInCache(
  cache: RepoCache,
  commit: string,
  choice: WantedFiles | WantedFrom,
  offline: boolean,
): Promise<WantedFiles | null> {
  const folder = join(cache.snapshots, commit);
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  try {
    return wantedIn(
      choice,
      names.map((name) => name.replaceAll("\\", "/")),
    );
  } catch (error) {
    if (offline && names.length > 0) throw error;
    return null;
  }
}

const textIn = (cache: RepoCache, commit: string) => (name: string) =>
  readFile(join(cache.snapshots, commit, name), "utf8");

/** The one commit in the cache that begins with these digits, or null. */
async function shortCommit(cache: RepoCache, digits: string): Promise<string | null> {
  if (!/^[0-9a-f]{5,39}$/.test(digits)) return null;
  const commits = await readdir(cache.snapshots).catch(() => []);
  const matches = commits.filter((commit) => isCommit(commit) && commit.startsWith(digits));
  return matches.length === 1 ? matches[0]! : null;
}

/** Removes what killed processes left, unless it is the beginning of a blob that is still missing. */
async function tidyCache(cache: RepoCache): Promise<void> {
  const blobs = new Set(await readdir(cache.blobs).catch(() => []));
  await sweep(cache.blobs, (name) => !blobs.has(name.slice(0, name.indexOf("."))));
  await sweep(cache.locks);
  await sweepLocks(cache.locks);
}

function notCached(id: string, revision: string, cacheDir: string): InputError {
  return new InputError(
    "hub-offline",
    `${id} at ${revision} is not complete in ${cacheDir}, and no request is made offline`,
  );
}
