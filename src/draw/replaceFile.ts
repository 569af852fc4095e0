/**
 * @file Writing a file in Node so that readers see the old one or the new one, and never a part. write-file-atomic does less: it
 * opens a name that can be foretold, through a link that somebody put there, it leaves missing folders to the caller, and it
 * listens to signals, which the command line handles itself.
 */
import { randomUUID } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { InputError } from "../base/errors.ts";

/**
 * Puts `content` at `file` by way of a new file in the same folder; makes missing folders, and removes them again if
 * the writing fails. It is synchronous, so that a signal handler finds all of it or nothing.
 *
 * @throws {InputError} "output" if the system does not let us
 */
export function replaceFile(file: string, content: string | Uint8Array): void {
  const target = entryAt(file) ? realpathSync(file) : resolve(file); // a link stays, its target is replaced
  const folder = dirname(target);
  const temporary = `${target}.${randomUUID().slice(0, 8)}.tmp`;
  let firstFolder: string | undefined;
  let isOurs = false;
  try {
    firstFolder = mkdirSync(folder, { recursive: true });
    closeSync(openSync(temporary, "wx")); // never through a file or link that somebody put there
    isOurs = true;
    writeFileSync(temporary, content);
    renameSync(temporary, target);
  } catch (cause) {
    if (isOurs) rmSync(temporary, { force: true });
    if (firstFolder !== undefined) removeFolders(folder, firstFolder);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError("output", `output ${file} could not be written: ${reason}`, { cause });
  }
}

/**
 * Refuses a `file` that `replaceFile` could not write, and touches nothing.
 *
 * @throws {InputError} "output" for a folder in place of a file, a file in place of a folder, or no right to write
 */
export function checkPlace(file: string): void {
  if (entryAt(file)?.isDirectory()) {
    throw new InputError("output", `output needs a file, got the folder ${file}`);
  }
  let folder = dirname(resolve(file));
  while (entryAt(folder) === undefined && dirname(folder) !== folder) folder = dirname(folder);
  if (!entryAt(folder)?.isDirectory()) {
    throw new InputError("output", `output ${file} needs a folder, but ${folder} is a file`);
  }
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const message = `output ${file} needs a folder that can be written, got ${folder}`;
    throw new InputError("output", message, { cause });
  }
}

/** What is at `path`, through links; undefined if nothing is or can be there. */
function entryAt(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** Removes the empty folders from `deepest` up to `topmost`, both included. */
export function removeFolders(deepest: string, topmost: string): void {
  for (let folder = deepest; folder.startsWith(topmost); folder = dirname(folder)) {
    try {
      rmdirSync(folder);
    } catch {
      return; // somebody else uses it by now
    }
  }
}
