import { UnableError } from "../../../base/errors.ts";
import type { SweepJob } from "../plan.ts";
import type { JobQueue } from "./openQueue.ts";
import { queueId } from "./pushJobs.ts";

export interface CancelCounts {
  /** Taken out of the queue. */
  readonly removed: number;
  /** Running: their workers were told to end them. */
  readonly stopped: number;
}

const WAITING = ["waiting", "prioritized", "delayed"] as const;

/** Cancels what waits and what runs; what is finished stays. @param only jobs of one plan; left out: all of the queue */
export async function cancelJobs(
  queue: JobQueue,
  only?: readonly SweepJob[],
): Promise<CancelCounts> {
  const ids = only && new Set(only.map(queueId));
  const jobs = await queue.getJobs([...WAITING, "active"]);
  let [removed, stopped] = [0, 0];
  for (const job of jobs) {
    if (!job?.id || (ids && !ids.has(job.id))) continue;
    const wasWaiting = await job.remove().then(
      () => true,
      () => false, // a worker has it
    );
    if (wasWaiting) removed++;
    else if (await job.isActive()) {
      await job.updateData({ ...job.data, isCancelled: true });
      stopped++;
    }
  }
  if (removed + stopped === 0 && ids && jobs.length > 0)
    throw new UnableError("no job of this plan waits or runs in the queue");
  return { removed, stopped };
}
