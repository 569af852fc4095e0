/** @file The folder of a sweep: Results by what made them, and which job has which. Every file is whole or not there. */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { VERSION } from "../../base/version.ts";
import { checkPlace, replaceFile } from "../../draw/replaceFile.ts";
import { jobId, type SweepJob } from "./plan.ts";

/** What is known of a job that is done. */
export interface DoneJob {
  readonly job: SweepJob;
  /** Names its Result: a hash of weights, study, options, engine and version. */
  readonly key: string;
  readonly parameters: number;
  /** That computed it: entries of another version are as if they were not there. */
  readonly version: string;
}

export interface FailedJob {
  readonly job: SweepJob;
  readonly error: string;
}

export interface SweepFolder {
  readonly path: string;
  /** @returns the Result `key`, or null */
  result(key: string): unknown;
  keep(key: string, result: unknown): void;
  done(job: SweepJob): DoneJob | null;
  setDone(job: DoneJob): void;
  setFailed(job: FailedJob): void;
}

export function sweepFolder(path: string): SweepFolder {
  const at = (kind: string, name: string) => join(path, kind, `${name}.json`);
  checkPlace(at("results", "any"), path);
  for (const kind of ["results", "jobs", "failed"])
    mkdirSync(join(path, kind), { recursive: true });
  const write = (file: string, value: unknown) => replaceFile(file, `${JSON.stringify(value)}\n`);
  return {
    path,
    result: (key) => readJson(at("results", key)),
    keep: (key, result) => write(at("results", key), result),
    done(job) {
      const record = readJson(at("jobs", jobId(job))) as DoneJob | null;
      return record?.version === VERSION ? record : null;
    },
    setDone(record) {
      write(at("jobs", jobId(record.job)), record);
      rmSync(at("failed", jobId(record.job)), { force: true });
    },
    setFailed(record) {
      write(at("failed", jobId(record.job)), record);
      rmSync(at("jobs", jobId(record.job)), { force: true });
    },
  };
}

/** Null for a file that is not there, or that is no JSON: it is made again. */
function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}
