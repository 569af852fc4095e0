import type { Job } from "bullmq";
import { VERSION } from "../../../base/version.ts";
import { jobId } from "../plan.ts";
import type { JobQueue, QueuedJob } from "./openQueue.ts";

export interface PushOptions {
  /** Jobs of a lower number come first, from 1. */
  readonly priority: number;
  /** Times that a job is begun before it is set aside. */
  readonly attempts: number;
  /** Wait before the second attempt; each further one waits twice as long. */
  readonly backoffMs?: number | undefined;
}

/** What became of the jobs of a plan. */
export interface PushCounts {
  readonly added: number;
  /** Finished or set aside before; they are looked at again, and computed if their Result is missing. */
  readonly again: number;
  /** Waiting or running already. */
  readonly there: number;
}

const CHUNK = 500;
const BACKOFF_MS = 2000;

/** Names a job in the queue: that of another version is another job. */
export function queueId(job: QueuedJob["job"]): string {
  return `${jobId(job)}-${VERSION}`;
}

/**
 * Puts jobs into the queue. Pushing twice is as pushing once, so that a push that was interrupted is done again.
 *
 * @param progress told after each part how many are done
 */
export async function pushJobs(
  queue: JobQueue,
  jobs: readonly QueuedJob[],
  options: PushOptions,
  progress: (done: number) => void,
): Promise<PushCounts> {
  let [added, again, there] = [0, 0, 0];
  for (let first = 0; first < jobs.length; first += CHUNK) {
    const part = jobs.slice(first, first + CHUNK);
    const before = await Promise.all(part.map((job) => stateOf(queue, job, options)));
    const fresh = part.filter((_, place) => before[place] !== "there");
    await queue.addBulk(fresh.map((data) => bulkRow(data, options)));
    added += before.filter((state) => state === "added").length;
    again += before.filter((state) => state === "again").length;
    there += before.filter((state) => state === "there").length;
    progress(first + part.length);
  }
  return { added, again, there };
}

/** What is to be done about a job; one that is finished makes room for itself. */
async function stateOf(
  queue: JobQueue,
  { job }: QueuedJob,
  { priority }: PushOptions,
): Promise<keyof PushCounts> {
  const queued = (await queue.getJob(queueId(job))) as Job<QueuedJob> | undefined;
  if (!queued) return "added";
  const state = await queued.getState();
  if (state === "completed" || state === "failed") {
    await queued.remove();
    return "again";
  }
  if (state === "prioritized" || state === "waiting") await queued.changePriority({ priority });
  return state === "unknown" ? "added" : "there";
}

function bulkRow(data: QueuedJob, { priority, attempts, backoffMs = BACKOFF_MS }: PushOptions) {
  return {
    name: data.job.study,
    data,
    opts: {
      jobId: queueId(data.job),
      priority,
      attempts,
      backoff: { type: "exponential", delay: backoffMs },
      stackTraceLimit: 0,
    },
  };
}
