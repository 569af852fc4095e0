/** @file Writing a folder in Node so that readers see the old one or the new one, and never a part. */
import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { InputError } from "../base/errors.ts";
import { someOf } from "../base/someOf.ts";
import { checkPlace } from "./replaceFile.ts";
import { REPORT_FORMATS } from "./write.ts";

/**
 * Refuses a `folder` that `replaceFolder` could not write, and touches nothing.
 *
 * @param names files that it will hold; an existing folder may hold these and no others, so that nothing of the user's is lost
 * @throws {InputError} "output"
 */
export function checkFolder(folder: string, names: readonly string[]): void {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (!stats) checkName(folder);
  checkPlace(join(dirname(resolve(folder)), "a new folder beside it"), folder);
  if (!stats) return;
  if (!stats.isDirectory())
    throw new InputError("output", `output needs a folder, but ${folder} is a file`);
  const others = readdirSync(folder).filter((name) => !names.includes(name));
  if (others.length > 0)
    throw new InputError(
      "output",
      `refusing to overwrite ${folder}: it contains files not written by induction-lens (${someOf(others)}); choose another folder`,
    );
}

/** A new folder with the name of a picture or a page is a file that somebody expects. */
function checkName(folder: string): void {
  const ending = FILE_ENDING.exec(folder)?.[0];
  if (ending === undefined) return;
  throw new InputError(
    "output",
    `several files are written, into a folder; ${folder} ends in ${ending}, as a file does: choose a name without it`,
  );
}

const FILE_ENDING = new RegExp(`\\.(${REPORT_FORMATS.join("|")})$`, "i");

/**
 * Puts `files` into `folder` by way of a new folder beside it. It is synchronous, so that a signal handler finds all of it or
 * nothing.
 *
 * @param names as those of {@link checkFolder}; left out: those of `files`
 * @throws {InputError} "output" if the system does not let us, or as {@link checkFolder}
 */
export function replaceFolder(
  folder: string,
  files: FolderFiles,
  names: readonly string[] = [...files.keys()],
): void {
  checkFolder(folder, names);
  refillFolder(folder, writerOf(files));
}

/** By name. */
type FolderFiles = ReadonlyMap<string, string | Uint8Array>;

/** What writes `files` into a new folder. */
export function writerOf(files: FolderFiles): (fresh: string) => void {
  return (fresh) => {
    for (const [name, content] of files) writeFileSync(join(fresh, name), content);
  };
}

/**
 * As `replaceFolder`, with whatever `fill` writes; what `folder` may hold before is the caller's to check.
 *
 * @param fill writes into the new folder that it gets
 * @throws {InputError} "output" if the system does not let us
 */
export function refillFolder(folder: string, fill: (fresh: string) => void): void {
  const target = resolve(folder);
  const beside = (what: string) => `${target}.${randomUUID().slice(0, 8)}.${what}`;
  const [fresh, old] = [beside("tmp"), beside("old")];
  try {
    mkdirSync(dirname(target), { recursive: true });
    mkdirSync(fresh);
    fill(fresh);
    const existed = statSync(target, { throwIfNoEntry: false }) !== undefined;
    if (existed) renameSync(target, old);
    renameSync(fresh, target);
    if (existed) rmSync(old, { recursive: true });
  } catch (cause) {
    rmSync(fresh, { recursive: true, force: true });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError("output", `output ${folder} could not be written: ${reason}`, { cause });
  }
}
