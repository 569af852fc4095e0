import { InputError } from "../base/errors.ts";
import { cacheEntries, verifyCache, type CacheEntry } from "../models/hub/cacheEntries.ts";
import { hubSettings } from "../models/hub/hubSettings.ts";
import { removeFromCache } from "../models/hub/removeFromCache.ts";
import { interruption } from "./interruption.ts";
import { progressOn } from "./progress.ts";

/** `cache list | verify | remove NAME`: the download cache, which Python's client shares. */
export async function cacheCommand(action: string, target: string | undefined): Promise<void> {
  const { cacheDir } = hubSettings();
  if (action === "list") return list(cacheDir);
  if (action === "verify") return verify(cacheDir, target);
  if (target === undefined)
    throw new InputError(
      "options",
      "cache remove needs a model: an id, id@revision or the first digits of a commit",
    );
  const { id, commits, freedBytes } = await removeFromCache(cacheDir, target);
  process.stdout.write(`removed ${id} (${commits.length} commits, ${megabytes(freedBytes)})\n`);
}

async function list(cacheDir: string): Promise<void> {
  const entries = await cacheEntries(cacheDir);
  const total = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const lines = entries.flatMap((entry) => [
    `${megabytes(entry.sizeBytes).padStart(10)}  ${entry.id}${unfinished(entry)}`,
    ...revisions(entry),
  ]);
  process.stdout.write(
    [...lines, `${entries.length} models, ${megabytes(total)} in ${cacheDir}`, ""].join("\n"),
  );
}

function revisions({ revisions: all }: CacheEntry): string[] {
  return all.map(
    ({ commit, refs, files }) =>
      `            ${commit.slice(0, 12)}  ${files.length} files${refs.length ? `  (${refs.join(", ")})` : ""}`,
  );
}

function unfinished({ unfinishedBytes }: CacheEntry): string {
  return unfinishedBytes > 0 ? `  (${megabytes(unfinishedBytes)} of an unfinished download)` : "";
}

async function verify(cacheDir: string, id: string | undefined): Promise<void> {
  const progress = progressOn(process.stderr, { quiet: false });
  const total = (await cacheEntries(cacheDir)).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const { checked, bytes, bad } = await verifyCache(cacheDir, {
    ...(id !== undefined && { id }),
    signal: interruption(),
    onBytes: (done) => progress.report("verifying", done, Math.max(done, total)),
  }).finally(() => progress.end());
  for (const { path, problem } of bad) process.stdout.write(`${path}: ${problem}\n`);
  process.stdout.write(
    `${checked} files, ${megabytes(bytes)} checked, ${bad.length} not as they should be\n`,
  );
  if (bad.length > 0)
    throw new InputError(
      "cache",
      "the cache has files that are not what was downloaded; remove the models that they belong to",
    );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
