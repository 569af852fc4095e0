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
  statfsSync,
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
 * @param output what the message calls it: the folder that it will be in, where the user named that
 * @throws {InputError} "output" for a folder in place of a file, a file in place of a folder, or no right to write
 */
export function checkPlace(file: string, output: string = file): void {
  if (entryAt(file)?.isDirectory()) {
    throw new InputError("output", `output needs a file, got the folder ${file}`);
  }
  let folder = dirname(resolve(file));
  while (entryAt(folder) === undefined && dirname(folder) !== folder) folder = dirname(folder);
  if (!entryAt(folder)?.isDirectory()) {
    throw new InputError("output", `output ${output} needs a folder, but ${folder} is a file`);
  }
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    if (OF_THE_SYSTEM.includes(statfsSync(folder).type)) throw new Error("of the system");
  } catch (cause) {
    const message = `output ${output} needs a folder that can be written, got ${folder}`;
    throw new InputError("output", message, { cause });
  }
}

/** Types of file systems in which nobody makes files, though rights say so: proc, sysfs. To make folders in proc never ends in Node. */
const OF_THE_SYSTEM: readonly number[] = [0x9fa0, 0x62656572];

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
