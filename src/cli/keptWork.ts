/** @file What interrupted studies have kept in the cache: a list, with the command that resumes each, and a way to be rid of it. */
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { VERSION } from "../base/version.ts";
import { chosenEntries } from "../formats/chosenEntries.ts";
import { cacheFolder } from "../formats/firstSight.ts";

/** What a log says of itself, in its first line. */
export interface WorkHeading {
  /** The version that resumes it; others give other numbers. */
  readonly version: string;
  readonly study: string;
  /** As it was named on the command line. */
  readonly model: string;
  /** Arguments of the command line, without the program. */
  readonly command: readonly string[];
  /** Where the command was given. */
  readonly folder: string;
}

/** Work of one interrupted study. */
export interface KeptWork {
  /** The first digits of the file's name. */
  readonly id: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly modified: Date;
  readonly steps: number;
  /** Null where the file does not say: it is of a version that wrote none, and cannot be resumed. */
  readonly heading: WorkHeading | null;
}

const SUFFIX = ".jsonl";
const ID_DIGITS = 8;

/** Where the logs of interrupted studies lie. */
export function workFolder(): string {
  return join(cacheFolder(), "resume");
}

/** All kept work, the youngest first. A folder that does not exist has none. */
export function keptWork(folder: string = workFolder()): KeptWork[] {
  return namesIn(folder)
    .map((name) => workAt(folder, name))
    .toSorted((work, other) => other.modified.getTime() - work.modified.getTime());
}

/**
 * Discards kept work.
 *
 * @param target the first digits of an id, a model as it was named, or `all`
 * @returns what was discarded
 * @throws {InputError} "cache" if there is no such work
 */
export function discardWork(target: string, folder: string = workFolder()): KeptWork[] {
  const chosen = chosenEntries(keptWork(folder), target, {
    ...{ folder, what: "kept work", names: "a model" },
    nameOf: ({ heading }) => heading?.model,
  });
  for (const { path } of chosen) rmSync(path, { force: true });
  return chosen;
}

/** Whether this version resumes it. */
export function canResume({ heading }: KeptWork): boolean {
  return heading?.version === VERSION;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(SUFFIX));
  } catch {
    return [];
  }
}

function workAt(folder: string, name: string): KeptWork {
  const path = join(folder, name);
  const { size, mtime } = statSync(path);
  const lines = readFileSync(path, "utf8").trimStart().split("\n");
  return {
    id: name.slice(0, ID_DIGITS),
    path,
    sizeBytes: size,
    modified: mtime,
    steps: lines.filter((line) => line.startsWith("[")).length,
    heading: headingIn(lines[0]!),
  };
}

/** @returns null for a first line that is not a heading */
function headingIn(line: string): WorkHeading | null {
  try {
    const heading = JSON.parse(line) as Partial<WorkHeading> | null;
    const { version, study, model, command, folder } = heading ?? {};
    const words = [version, study, model, folder];
    return words.every((word) => typeof word === "string") && Array.isArray(command)
      ? (heading as WorkHeading)
      : null;
  } catch {
    return null;
  }
}
