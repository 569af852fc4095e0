/**
 * @file What is found out about a checkpoint the first time it is seen, remembered by file: hashing and scanning take
 * seconds and need not be done again. Node only. The cache is a convenience: nothing fails when it cannot be kept.
 */
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { FileSnapshot } from "./file.ts";
import { rememberedEntries } from "./rememberedEntries.ts";

const sight = z.object({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  nonFinite: z.array(z.object({ name: z.string(), nans: z.int(), infinities: z.int() })),
  zero: z.array(z.string()),
  zeroTails: z.array(
    z.object({
      file: z.string(),
      zeroBytes: z.int(),
      from: z.string(),
      matrices: z.int(),
      cut: z.boolean(),
    }),
  ),
});

/** Hash of the weight files, and what is wrong with values in them. */
export type FirstSight = z.infer<typeof sight>;

/**
 * Folder for what can be made again: `$XDG_CACHE_HOME/induction-lens` or `~/.cache/induction-lens`, on every system, beside the
 * hub's own cache, which is found by the same rule. env-paths would put ours elsewhere than that on macOS and Windows.
 */
export function cacheFolder(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  return join(environment["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "induction-lens");
}

/**
 * What was found out about these files before, or else what `find` finds out now, which is then remembered.
 *
 * Files count as the same while real path, size, time of change and inode are.
 */
export async function firstSight(
  files: readonly FileSnapshot[],
  find: () => Promise<FirstSight>,
  folder: string = cacheFolder(),
): Promise<FirstSight> {
  const stored = await sightBefore(files, folder);
  if (stored) return stored;
  const result = await find();
  await remembered(folder).set(keyOf(files), result);
  return result;
}

/** What was found out about these files before; null if nothing is remembered. */
export async function sightBefore(
  files: readonly FileSnapshot[],
  folder: string = cacheFolder(),
): Promise<FirstSight | null> {
  return (await remembered(folder).get(keyOf(files))) ?? null;
}

const remembered = (folder: string) => rememberedEntries(join(folder, "first-sight.json"), sight);

function keyOf(files: readonly FileSnapshot[]): string {
  return JSON.stringify(
    files.map(({ realPath, size, mtimeMs, ino }) => [realPath, size, mtimeMs, ino]),
  );
}
