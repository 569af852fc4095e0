/**
 * @file What a long study has finished, in a file of the cache, a line of JSON each, so that the same command resumes where it
 * was stopped. The file is named by everything that can change a number, appears once there is something worth keeping, and
 * is gone when the study has ended.
 */
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Backend } from "../base/backend.ts";
import type { ResumeLog } from "../base/resumeLog.ts";
import { VERSION } from "../base/version.ts";
import type { LoadedModel } from "../models/loadedModel.ts";
import { workFolder, type WorkHeading } from "./keptWork.ts";

/** Everything that the numbers of a study depend on. */
export interface ResumeFacts {
  /** The study's name in its Result. */
  readonly study: string;
  /** The weight files, and what is computed from them: configuration and options of loading may change that alone. */
  readonly model: Pick<LoadedModel, "sha256" | "program">;
  readonly backend: Pick<Backend, "device" | "threads" | "versions" | "rounding">;
  /** As the study gets them, the user's own rows among them; what is left out has the default of this version. */
  readonly options: object;
}

export interface ResumeFile extends ResumeLog {
  /** The study has ended: nothing is left of it. */
  remove(): void;
}

interface ResumeFileOptions {
  readonly folder?: string | undefined;
  /** Written above the steps, for a list of what is kept; left out: no such line. */
  readonly heading?: Omit<WorkHeading, "version" | "study"> | undefined;
  /** Work of less than this is quicker done again than kept. */
  readonly afterMs?: number | undefined;
  /** Told where the file is, when a study resumes from it and when it begins to be written. */
  readonly note?: ((text: string) => void) | undefined;
}

const WORTH_KEEPING_MS = 3000;

/** The name of the file of a study: one hash of all facts, and of the version of this package. */
export function resumeKey({ study, model, backend, options }: ResumeFacts): string {
  const { device, threads, versions, rounding } = backend;
  const { sha256, program } = model;
  const engine = [device, threads, versions, rounding?.bits];
  const facts = [VERSION, study, sha256, program, ...engine, options];
  return createHash("sha256").update(JSON.stringify(facts, withoutBytes)).digest("hex");
}

/** Of a stored tensor where it lies; its bytes are in the hash of the files. */
function withoutBytes(key: string, value: unknown): unknown {
  const isBytes = key === "source" && typeof value === "object" && value !== null;
  return isBytes ? (value as { readonly name?: string }).name : value;
}

/** The log of the study with these facts. A place that cannot be written is not an error: nothing is kept then. */
export function resumeFile(
  facts: ResumeFacts,
  { folder = workFolder(), heading, afterMs = WORTH_KEEPING_MS, note }: ResumeFileOptions = {},
): ResumeFile {
  const path = join(folder, `${resumeKey(facts)}.jsonl`);
  const finished = finishedIn(path);
  let isWritten = finished.size > 0;
  const steps = finished.size === 1 ? "1 step" : `${finished.size} steps`;
  if (isWritten) note?.(`resuming: ${steps} of an earlier run are done (${path})`);
  const { study } = facts;
  const first = heading && `${JSON.stringify({ version: VERSION, study, ...heading })}\n`;
  const append = appender(path, afterMs, first ?? "");
  return {
    get: (key) => finished.get(key),
    set(key, value) {
      if (!isJson(value)) return; // such a step is made again
      const isAppended = append([key, value]);
      if (isAppended && !isWritten)
        note?.(`if this is stopped, the same command resumes from ${path}`);
      isWritten ||= isAppended;
    },
    remove() {
      if (existsSync(path)) rmSync(path, { force: true });
    },
  };
}

/**
 * Until `afterMs` have gone by, lines wait in memory; says whether they are in the file now.
 *
 * @param first how a new file begins
 */
function appender(path: string, afterMs: number, first: string): (line: unknown) => boolean {
  const began = performance.now();
  let waiting = "";
  return (line) => {
    waiting += `${JSON.stringify(line)}\n`;
    const isThere = existsSync(path);
    if (performance.now() - began < afterMs && !isThere) return false;
    try {
      mkdirSync(dirname(path), { recursive: true });
      appendFileSync(path, `${isThere ? "\n" : first}${waiting}`); // an earlier command may have been ended within a line
      return true;
    } catch {
      return false;
    } finally {
      waiting = "";
    }
  };
}

/** Steps by key. A line that was cut off, or is something else, is passed over; of two with one key the last one holds. */
function finishedIn(path: string): Map<string, unknown> {
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  return new Map(text.split("\n").flatMap(stepIn));
}

function stepIn(line: string): [string, unknown][] {
  try {
    const step = JSON.parse(line) as unknown;
    const isStep = Array.isArray(step) && step.length === 2 && typeof step[0] === "string";
    return isStep ? [step as [string, unknown]] : [];
  } catch {
    return [];
  }
}

/** JSON writes numbers that are not finite as null, which would come back as another value. */
function isJson(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return value !== undefined;
  return Object.values(value).every((part) => part === undefined || isJson(part));
}
