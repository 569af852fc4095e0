/** @file One process at a time in a folder: a file that names it, made only where there is none. */
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { InputError } from "../base/errors.ts";
import { isRunning } from "../formats/livingProcess.ts";
import { checkPlace, removeFolders } from "../draw/replaceFile.ts";

interface Holder {
  readonly pid: number;
  readonly host: string;
}

/** The name of the file in the folder. */
export const LOCK = ".lock";

/**
 * Takes the folder for this process, and makes it where it is missing. The lock of a process of this machine that has ended is
 * taken over; whether one of another machine has ended cannot be seen from here.
 *
 * @param use what the folder is used for, for the message: "trains"
 * @returns what gives it back
 * @throws {InputError} "output" if another process has it, with what to do if that has ended; and if it is a file or cannot be
 *   written
 */
export function lockFolder(folder: string, use: string): () => void {
  const file = join(folder, LOCK);
  if (statSync(folder, { throwIfNoEntry: false })?.isFile())
    throw new InputError("output", `${folder} is a file, and not a folder that can be used`);
  checkFolderPlace(folder, file);
  const firstFolder = mkdirSync(resolve(folder), { recursive: true });
  const own: Holder = { pid: process.pid, host: hostname() };
  if (!createLock(file, own)) {
    const holder = holderOf(file);
    if (!holder || !hasEnded(holder)) throw lockedError(folder, file, holder, use);
    rmSync(file, { force: true });
    if (!createLock(file, own)) throw lockedError(folder, file, holderOf(file), use);
  }
  removeDrafts(folder);
  return () => {
    if (holderOf(file)?.pid === own.pid) rmSync(file, { force: true });
    if (firstFolder !== undefined) removeFolders(resolve(folder), firstFolder); // those that stayed empty
  };
}

/** As `checkPlace` of the lock, said of the folder that the user named. */
function checkFolderPlace(folder: string, file: string): void {
  try {
    checkPlace(file);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      error.code,
      error.message.replace(`output ${file} `, `output ${folder} `),
      {
        cause: error,
      },
    );
  }
}

/** The file appears with its words in it: whoever is killed meanwhile leaves no lock that names nobody. */
function createLock(file: string, own: Holder): boolean {
  const words = `${JSON.stringify(own)}\n`;
  const draft = `${file}.${own.pid}`;
  try {
    writeFileSync(draft, words);
    linkSync(draft, file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" || code === "ENOENT") return false; // the latter: the process that has the folder removed the draft
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "ENOSYS") throw error;
    return createWithoutLinks(file, words);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Of processes that were killed while they asked for the folder; the one that has it removes them. */
function removeDrafts(folder: string): void {
  const drafts = readdirSync(folder).filter((name) => name.startsWith(`${LOCK}.`));
  for (const name of drafts) rmSync(join(folder, name), { force: true });
}

/** On file systems that have no links. */
function createWithoutLinks(file: string, words: string): boolean {
  try {
    writeFileSync(file, words, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Null for a file that is not one of ours. */
function holderOf(file: string): Holder | null {
  try {
    const { pid, host } = JSON.parse(readFileSync(file, "utf8")) as Partial<Holder>;
    return Number.isInteger(pid) && typeof host === "string" ? { pid: pid!, host } : null;
  } catch {
    return null;
  }
}

/** A process that was killed a moment ago may still be there: it is given a second. */
function hasEnded({ pid, host }: Holder): boolean {
  if (host !== hostname()) return false;
  for (let looks = 0; looks < ENDING_MS / LOOK_MS && isRunning(pid); looks++) sleep(LOOK_MS);
  return !isRunning(pid);
}

const ENDING_MS = 1000;
const LOOK_MS = 50;

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function lockedError(folder: string, file: string, holder: Holder | null, use: string): InputError {
  const who = holder ? `process ${holder.pid} of ${holder.host}` : "another process";
  return new InputError(
    "output",
    `${who} ${use} in ${folder}; another folder begins another run, and if that process has ended, remove ${file}`,
  );
}
