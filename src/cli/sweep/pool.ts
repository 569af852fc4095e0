/** @file The pool of processes that a sweep runs in: as many jobs at once as there are workers and memory. */
import { AbortError } from "../../base/errors.ts";
import type { DiskBudget } from "./diskBudget.ts";
import { memoryGate } from "./memoryGate.ts";
import type { WorkerSetup } from "./messages.ts";
import type { SweepJob } from "./plan.ts";
import { JobFault, jobRunners, type Runners } from "./runners.ts";

export interface PoolOptions {
  readonly setup: WorkerSetup;
  readonly workers: number;
  /** Bytes that jobs may need together; a job that needs more runs alone. */
  readonly budget: number;
  /** Keeps downloads within bounds; left out: they stay. */
  readonly disk?: DiskBudget | undefined;
  readonly signal: AbortSignal;
}

/** How a job ended. */
export interface JobEnd {
  readonly job: SweepJob;
  /** Why it failed; null: its Result is in the folder. */
  readonly error: string | null;
  readonly computed: boolean;
}

/** Times that a job may take its process with it before it is set aside. */
const MOST_DEATHS = 2;

/**
 * Runs all jobs, each in some worker; tells of each as it ends.
 *
 * A worker that dies (for want of memory, or killed) is replaced and its job begun anew, twice at most.
 *
 * @throws {AbortError} once `signal` is aborted; what is finished stays
 */
export async function runPool(
  jobs: readonly SweepJob[],
  { setup, workers, budget, disk, signal }: PoolOptions,
  onEnd: (end: JobEnd) => void,
): Promise<void> {
  const runners = jobRunners(setup, memoryGate(budget));
  const waiting = jobs[Symbol.iterator]();
  const work = async () => {
    for (const job of waiting) {
      if (signal.aborted) break;
      const carryOut = () => endOf(job, runners, signal);
      onEnd({ job, ...(await (disk ? disk.during(job, carryOut) : carryOut())) });
    }
  };
  const count = Math.min(workers, jobs.length);
  try {
    await Promise.all(Array.from({ length: count }, work));
    if (signal.aborted) throw new AbortError(signal.reason);
  } finally {
    runners.close();
  }
}

async function endOf(
  job: SweepJob,
  runners: Runners,
  signal: AbortSignal,
): Promise<Omit<JobEnd, "job">> {
  let starts = 0;
  for (let deaths = 0; deaths < MOST_DEATHS;) {
    try {
      const { computed } = await runners.run(job, signal);
      return { error: null, computed };
    } catch (error) {
      if (!(error instanceof JobFault)) throw error;
      const { kind, message } = error;
      if (kind === "input" || kind === "unable") return { error: message, computed: false };
      if (kind === "start" && ++starts > MOST_DEATHS)
        throw new Error("internal: the processes of the sweep do not start", { cause: error });
      if (kind === "death") deaths++;
    }
  }
  const error = `its process ended ${MOST_DEATHS} times, as systems do when memory runs out`;
  return { error, computed: false };
}
