/** @file One process at a time in a folder: a file that names it, made only where there is none. */
import { randomUUID } from "node:crypto";
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
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
  /** Of this one process, whoever has its number later; locks of older versions lack it. */
  readonly id?: string | undefined;
}

const OWN_ID = randomUUID();
const DRAFT = ".draft";

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
  checkPlace(file, folder);
  const firstFolder = makeFolder(folder);
  const own: Holder = { pid: process.pid, host: hostname(), id: OWN_ID };
  if (!takeLock(file, own)) throw lockedError(folder, file, holderIn(wordsAt(file)), use);
  removeDrafts(folder);
  return () => {
    if (holderIn(wordsAt(file))?.id === own.id) rmSync(file, { force: true });
    if (firstFolder !== undefined) removeFolders(resolve(folder), firstFolder); // those that stayed empty
  };
}

/**
 * Makes the lock, or takes that of a process that has ended. Of several that see it, the one that makes the claim on it may put its
 * own in the place: no other changes the lock of a dead process, so what was read before the claim and is there behind it stays
 * until it is replaced. A claim whose maker was killed is taken in the same way.
 */
function takeLock(file: string, own: Holder): boolean {
  if (createLock(file, own)) return true;
  const words = wordsAt(file);
  const holder = holderIn(words);
  if (!holder || !hasEnded(holder)) return false;
  const claim = `${file}.claim`;
  if (!takeLock(claim, own)) return false;
  try {
    return wordsAt(file) === words && replaceLock(file, own);
  } finally {
    rmSync(claim, { force: true });
  }
}

/** The first folder that was missing; undefined if none was. */
function makeFolder(folder: string): string | undefined {
  try {
    return mkdirSync(resolve(folder), { recursive: true });
  } catch (cause) {
    throw new InputError("output", `${folder} cannot be made: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** The file appears with its words in it: whoever is killed meanwhile leaves no lock that names nobody. */
function createLock(file: string, own: Holder): boolean {
  const words = wordsOf(own);
  return withDraft(file, words, (draft) => {
    try {
      linkSync(draft, file);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EEXIST" || code === "ENOENT") return false; // the latter: the process that has the folder removed the draft
      if (code !== "EPERM" && code !== "ENOTSUP" && code !== "ENOSYS") throw error;
      return createWithoutLinks(file, words);
    }
  });
}

function replaceLock(file: string, own: Holder): boolean {
  return withDraft(file, wordsOf(own), (draft) => {
    renameSync(draft, file);
    return true;
  });
}

function withDraft(file: string, words: string, put: (draft: string) => boolean): boolean {
  const draft = `${file}.${OWN_ID}${DRAFT}`;
  try {
    writeFileSync(draft, words);
    return put(draft);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Of processes that were killed while they asked for the folder; the one that has it removes them. Claims are not its own to remove. */
function removeDrafts(folder: string): void {
  const drafts = readdirSync(folder).filter(
    (name) => name.startsWith(`${LOCK}.`) && name.endsWith(DRAFT),
  );
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

const wordsOf = (holder: Holder) => `${JSON.stringify(holder)}\n`;

/** Null if there is no file. */
function wordsAt(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

/** Null for words that are not those of a lock. */
function holderIn(words: string | null): Holder | null {
  try {
    const { pid, host, id } = JSON.parse(words ?? "") as Partial<Holder>;
    return Number.isInteger(pid) && typeof host === "string" ? { pid: pid!, host, id } : null;
  } catch {
    return null;
  }
}

/**
 * A process that was killed a moment ago may still be there: it is given a second. One that had the number of this process is gone,
 * as the first process of a container that was started again.
 */
function hasEnded({ pid, host, id }: Holder): boolean {
  if (host !== hostname()) return false;
  if (pid === process.pid) return id !== OWN_ID;
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
