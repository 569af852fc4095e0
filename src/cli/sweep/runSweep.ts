/** @file `sweep`: the jobs of a plan, those of a shard or all, into a folder; then the tables of what is there. */
import { readFile } from "node:fs/promises";
import { availableParallelism, freemem } from "node:os";
import { join } from "node:path";
import { InputError, UnableError } from "../../base/errors.ts";
import { replaceFile } from "../../draw/replaceFile.ts";
import { visible } from "../../draw/visible.ts";
import type { Frame } from "../frame.ts";
import { sweepFolder, type SweepFolder } from "./folder.ts";
import { jobId, sweepJobs, type SweepJob } from "./plan.ts";
import { runPool, type Ended } from "./pool.ts";
import { sweepTables, tidyCsv, tidyParquet } from "./tables.ts";

export interface SweepFlags {
  readonly out: string;
  readonly workers?: number | undefined;
  /** Bytes that jobs may take together; left out: 80 % of what is free. */
  readonly memoryBudget?: number | undefined;
  readonly shard?: Shard | undefined;
}

/** Part `index` (from 1) of `count`. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** What a sweep did, for text and --json. */
export interface SweepSummary {
  readonly jobs: number;
  /** Of this shard. */
  readonly own: number;
  readonly computed: number;
  /** Had their Result already. */
  readonly known: number;
  readonly failed: readonly {
    readonly model: string;
    readonly study: string;
    readonly error: string;
  }[];
  /** Jobs of the whole plan whose Result is in the tables. */
  readonly inTables: number;
  readonly files: readonly string[];
}

/** Share of the free memory that jobs may take where nobody says how much. */
const SHARE_OF_FREE = 0.8;

export async function runSweep(
  frame: Frame,
  plan: string,
  flags: SweepFlags,
): Promise<SweepSummary> {
  const jobs = await sweepJobs(await readPlan(plan), plan);
  const folder = sweepFolder(flags.out);
  const own = shardOf(jobs, flags.shard);
  const ended: Ended[] = [];
  const workers = flags.workers ?? Math.max(1, Math.floor(availableParallelism() / 2));
  const { engine, model } = frame.flags;
  const setup = { folder: flags.out, engine: { ...engine, threads: engine.threads ?? 1 }, model };
  const budget = flags.memoryBudget ?? SHARE_OF_FREE * freemem();
  await runPool(own, { setup, workers, budget, signal: frame.signal }, (one) => {
    ended.push(one);
    if (one.error !== null) {
      folder.setFailed({ job: one.job, error: one.error });
      frame.note(`set aside: ${one.job.study} of ${one.job.typed}: ${visible(one.error)}`);
    }
    frame.progress("sweep", ended.length, own.length);
  });
  return summaryOf(jobs, own, ended, await writeTables(jobs, folder), folder);
}

async function readPlan(path: string): Promise<string> {
  return readFile(path, "utf8").catch((error: Error) => {
    throw new InputError("file", `cannot read the plan ${path}: ${error.message}`, {
      cause: error,
    });
  });
}

/** Every `count`-th job, so that shards are alike whatever the order of models. */
function shardOf(jobs: readonly SweepJob[], shard: Shard | undefined): readonly SweepJob[] {
  if (!shard) return jobs;
  return jobs.filter((_, place) => place % shard.count === shard.index - 1);
}

async function writeTables(jobs: readonly SweepJob[], folder: SweepFolder): Promise<string[]> {
  const tables = sweepTables(jobs, folder);
  const files: string[] = [];
  for (const [name, table] of Object.entries(tables)) {
    if (table.rows.length === 0) continue;
    for (const [extension, content] of [
      ["csv", tidyCsv(table)],
      ["parquet", await tidyParquet(table)],
    ] as const) {
      const file = join(folder.path, `${name}.${extension}`);
      replaceFile(file, content);
      files.push(file);
    }
  }
  return files;
}

function summaryOf(
  jobs: readonly SweepJob[],
  own: readonly SweepJob[],
  ended: readonly Ended[],
  files: readonly string[],
  folder: SweepFolder,
): SweepSummary {
  const fine = ended.filter(({ error }) => error === null);
  return {
    jobs: jobs.length,
    own: own.length,
    computed: fine.filter(({ computed }) => computed).length,
    known: fine.filter(({ computed }) => !computed).length,
    failed: ended
      .filter(({ error }) => error !== null)
      .sort((a, b) => (jobId(a.job) < jobId(b.job) ? -1 : 1))
      .map(({ job, error }) => ({ model: job.typed, study: job.study, error: error! })),
    inTables: jobs.filter((job) => folder.done(job) !== null).length,
    files,
  };
}

export function summaryText(summary: SweepSummary): string {
  const { jobs, own, computed, known, failed, inTables, files } = summary;
  const lines = [
    `${own} of ${jobs} jobs: ${computed} computed, ${known} known before, ${failed.length} set aside`,
    `in the tables: ${inTables} of ${jobs}`,
    ...files.map((file) => `wrote ${file}`),
  ];
  return lines.map((line) => `${visible(line)}\n`).join("");
}

/** @throws {UnableError} if any job failed, once everything else is done */
export function throwIfFailed({ failed, own }: SweepSummary): void {
  if (failed.length > 0)
    throw new UnableError(
      `${failed.length} of ${own} jobs were set aside; the same command tries them again`,
    );
}
