import type { Job } from "bullmq";
import type { FinishedJob } from "../runners.ts";
import type { OpenQueue, QueuedJob } from "./openQueue.ts";

/** How a queue is. */
export interface QueueStatus {
  readonly schema: "induction-lens/sweep-status@1";
  readonly queue: string;
  readonly server: string;
  /** Processes that listen to the queue. */
  readonly workers: number;
  readonly jobs: Readonly<
    Record<"total" | "waiting" | "running" | "retrying" | "finished" | "setAside", number>
  >;
  /** Jobs finished in a minute, of late; null before two are. */
  readonly perMinute: number | null;
  /** Until nothing waits, at that rate; null if that is not known. */
  readonly minutesLeft: number | null;
  readonly running: readonly JobRow[];
  readonly failures: readonly FailureRow[];
}

export interface JobRow {
  readonly model: string;
  readonly study: string;
  readonly seed: number;
}

export interface FailureRow extends JobRow {
  readonly attempts: number;
  readonly error: string;
}

/** Newest jobs that the rate is taken from, and how far back. */
const RECENT = 1000;
const RECENT_MS = 10 * 60_000;
const MOST_FAILURES = 1000;

export async function queueStatus({ queue, name, address }: OpenQueue): Promise<QueueStatus> {
  const counts = await queue.getJobCounts();
  const { waiting = 0, prioritized = 0, paused = 0, delayed = 0, active = 0 } = counts;
  const { completed = 0, failed = 0 } = counts;
  const jobs = {
    total: waiting + prioritized + paused + delayed + active + completed + failed,
    waiting: waiting + prioritized + paused,
    running: active,
    retrying: delayed,
    finished: completed,
    setAside: failed,
  };
  const perMinute = rateOf(await queue.getJobs(["completed"], 0, RECENT - 1));
  const left = jobs.waiting + jobs.running + jobs.retrying;
  return {
    schema: "induction-lens/sweep-status@1",
    queue: name,
    server: address,
    workers: await queue.getWorkersCount(),
    jobs,
    perMinute,
    minutesLeft: left === 0 ? 0 : perMinute === null ? null : left / perMinute,
    running: (await queue.getJobs(["active"])).map(rowOf),
    failures: (await queue.getJobs(["failed"], 0, MOST_FAILURES - 1)).map((job) => ({
      ...rowOf(job),
      attempts: job.attemptsMade,
      error: job.failedReason,
    })),
  };
}

type OneJob = Job<QueuedJob, FinishedJob>;

function rowOf({ data: { job } }: OneJob): JobRow {
  return { model: job.typed, study: job.study, seed: Number(job.options["seed"]) };
}

/** By the clocks of workers alone: the newest is now. */
function rateOf(jobs: readonly OneJob[]): number | null {
  const times = jobs.flatMap(({ finishedOn }) => (finishedOn === undefined ? [] : [finishedOn]));
  const now = Math.max(...times);
  const recent = times.filter((time) => time >= now - RECENT_MS);
  const minutes = (now - Math.min(...recent)) / 60_000;
  return recent.length < 2 || minutes <= 0 ? null : (recent.length - 1) / minutes;
}
