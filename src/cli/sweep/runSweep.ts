/** @file `sweep`: the jobs of a plan, those of a shard or all, into a folder; then the tables of what is there. */
import { availableParallelism } from "node:os";
import { UnableError } from "../../base/errors.ts";
import { visible } from "../../draw/visible.ts";
import type { Frame } from "../frame.ts";
import type { DiskBudget } from "./diskBudget.ts";
import { sweepFolder, type SweepFolder } from "./folder.ts";
import { jobId, type SweepJob } from "./plan.ts";
import { runPool, type JobEnd } from "./pool.ts";
import { readPlan } from "./readPlan.ts";
import { writeTables } from "./writeTables.ts";

export interface SweepFlags {
  readonly out: string;
  readonly workers?: number | undefined;
  /** Bytes that jobs may take together; left out: 80 % of what is free. */
  readonly memoryBudget?: number | undefined;
  /** Bytes of the hub's cache that downloads of the sweep may take between jobs; left out: they stay. */
  readonly diskBudget?: number | undefined;
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

/** How many jobs run at once and what they may take together, where the flags do not say. */
export function roomOf({ workers, memoryBudget }: Pick<SweepFlags, "workers" | "memoryBudget">) {
  return {
    workers: workers ?? Math.max(1, Math.floor(availableParallelism() / 2)),
    budget: memoryBudget ?? SHARE_OF_FREE * process.availableMemory(),
  };
}

export async function runSweep(
  frame: Frame,
  plan: string,
  flags: SweepFlags,
): Promise<SweepSummary> {
  const jobs = await readPlan(plan);
  const folder = sweepFolder(flags.out);
  const own = shardOf(jobs, flags.shard);
  const ends: JobEnd[] = [];
  const { engine, model } = frame.flags;
  const setup = { folder: flags.out, engine: { ...engine, threads: engine.threads ?? 1 }, model };
  const disk = await diskOf(flags);
  const order = disk ? own.toSorted(byModel) : own; // jobs of one checkpoint together
  await runPool(order, { setup, ...roomOf(flags), disk, signal: frame.signal }, (end) => {
    ends.push(end);
    if (end.error !== null) {
      folder.setFailed({ job: end.job, error: end.error });
      frame.note(`set aside: ${end.job.study} of ${end.job.typed}: ${visible(end.error)}`);
    }
    frame.progress("sweep", ends.length, own.length);
  });
  return summaryOf(jobs, own, ends, await writeTables(jobs, folder), folder);
}

/** Undefined where nobody asks for one. */
export async function diskOf({
  diskBudget: bytes,
}: Pick<SweepFlags, "diskBudget">): Promise<DiskBudget | undefined> {
  if (bytes === undefined) return undefined;
  const { hubSettings } = await import("../../models/hub/hubSettings.ts");
  const { diskBudget } = await import("./diskBudget.ts");
  return diskBudget(bytes, hubSettings().cacheDir);
}

const byModel = (a: SweepJob, b: SweepJob) => (a.typed < b.typed ? -1 : a.typed > b.typed ? 1 : 0);

/** Every `count`-th job, so that shards are alike whatever the order of models. */
function shardOf(jobs: readonly SweepJob[], shard: Shard | undefined): readonly SweepJob[] {
  if (!shard) return jobs;
  return jobs.filter((_, place) => place % shard.count === shard.index - 1);
}

function summaryOf(
  jobs: readonly SweepJob[],
  own: readonly SweepJob[],
  ends: readonly JobEnd[],
  files: readonly string[],
  folder: SweepFolder,
): SweepSummary {
  const fine = ends.filter(({ error }) => error === null);
  return {
    jobs: jobs.length,
    own: own.length,
    computed: fine.filter(({ computed }) => computed).length,
    known: fine.filter(({ computed }) => !computed).length,
    failed: ends
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
