/** @file A worker of the queue. It only listens and tells; jobs run in processes of their own, so it is never silent. */
import type { Job, Worker } from "bullmq";
import { AbortError } from "../../../base/errors.ts";
import { JobFault, type FinishedJob } from "../runners.ts";
import type { OpenQueue, QueuedJob } from "./openQueue.ts";

export interface WorkOptions {
  /** Jobs at once. */
  readonly workers: number;
  /** How often a worker says of its jobs that it is alive; after three times of silence they go to others. */
  readonly heartbeatMs: number;
  /** End when no job waits or runs anywhere. */
  readonly untilEmpty: boolean;
  readonly signal: AbortSignal;
  /** Carries out one job. */
  readonly run: (job: QueuedJob, signal: AbortSignal) => Promise<FinishedJob>;
  /** Told of each job that ended here. */
  readonly onEnd: (end: EndedJob) => void;
  /** Told how many of all jobs are over, now and then. */
  readonly progress: (done: number, total: number) => void;
  /** Told, once for each fault, that the server does not answer. */
  readonly fault: (message: string) => void;
}

export interface EndedJob {
  readonly queued: QueuedJob;
  /** Null: its Result is in the folder. */
  readonly error: string | null;
  readonly computed: boolean;
}

/** Times that a job may lose its worker: being killed is nothing that the job did. */
const MOST_STALLS = 100;
const SILENT_BEATS = 3;
const LOOK_MS = 1000;

/** Works until `signal` is aborted or, if so asked, nothing is left. Jobs that are cut short go back into the queue. */
export async function workOn(open: OpenQueue, options: WorkOptions): Promise<void> {
  const { bull, client, name } = open;
  const { heartbeatMs, workers, signal } = options;
  const stop = new AbortController();
  const connection = client.duplicate();
  connection.on("error", () => undefined); // the worker hears of it too
  const running = new Set<string>();
  const worker: QueueWorker = new bull.Worker<QueuedJob, FinishedJob>(
    name,
    async (job, token, cancelled) => {
      // three parameters: BullMQ counts them to see whether the function wants a signal
      running.add(job.id!);
      const how = { open, options, token: token!, cancelled, stop: stop.signal };
      return processJob(job, how).finally(() => running.delete(job.id!));
    },
    {
      ...{ connection, concurrency: workers, maxStalledCount: MOST_STALLS },
      lockDuration: SILENT_BEATS * heartbeatMs,
      lockRenewTime: heartbeatMs,
      stalledInterval: heartbeatMs,
    },
  );
  const faults = new Set<string>();
  worker.on("error", ({ message }) => {
    if (!faults.has(message)) options.fault(message);
    faults.add(message);
  });
  const promoteOverdue = overdueJobs(open);
  await over(open, options, async () => {
    await endCancelled(open, worker, [...running]);
    await promoteOverdue();
  });
  stop.abort(signal.reason ?? "done");
  await worker.close();
  connection.disconnect();
}

type QueueWorker = Worker<QueuedJob, FinishedJob>;

/** Ends those that were cancelled while they ran here. */
async function endCancelled(
  { queue }: OpenQueue,
  worker: QueueWorker,
  running: readonly string[],
): Promise<void> {
  for (const id of running)
    if ((await queue.getJob(id))?.data.isCancelled) worker.cancelJob(id, "cancelled");
}

/**
 * Jobs wait for their next attempt until a time by the clock of the worker that failed; where that one is ahead, they wait for long.
 * So each look begins those that this worker has seen waiting for longer than they were to.
 */
function overdueJobs({ queue }: OpenQueue): () => Promise<void> {
  let firstLooks = new Map<string, number>();
  return async () => {
    const now = performance.now();
    const latest = await queue.getJobs(["delayed"], 0, MOST_DELAYED - 1);
    const places = latest.map((job): [string, number] => {
      const key = `${job.id} ${job.attemptsMade}`;
      return [key, firstLooks.get(key) ?? now];
    });
    for (const [index, job] of latest.entries())
      if (now - places[index]![1] > job.delay) await job.promote().catch(() => undefined); // another did
    firstLooks = new Map(places);
  };
}

const MOST_DELAYED = 1000;

/** Looks at the queue now and then, until it is empty or somebody asks to stop. */
async function over(
  { queue }: OpenQueue,
  { signal, untilEmpty, progress }: WorkOptions,
  look: () => Promise<void>,
): Promise<void> {
  const stopped = untilAbort(signal);
  for (;;) {
    await Promise.race([new Promise((resolve) => setTimeout(resolve, LOOK_MS)), stopped]);
    const lookup = look().then(() => queue.getJobCounts()); // waits for a server that is away
    const counts = await Promise.race([lookup, stopped]);
    if (!counts) return;
    const { completed = 0, failed = 0, ...rest } = counts;
    const left = Object.values(rest).reduce((sum, count) => sum + count, 0);
    progress(completed + failed, completed + failed + left);
    if (untilEmpty && left === 0) return;
  }
}

function untilAbort(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener("abort", () => resolve(null), { once: true });
  });
}

interface Processing {
  readonly open: OpenQueue;
  readonly options: WorkOptions;
  readonly token: string;
  /** Aborted when this job is cancelled. */
  readonly cancelled: AbortSignal | undefined;
  /** Aborted when this worker ends. */
  readonly stop: AbortSignal;
}

async function processJob(job: Job<QueuedJob, FinishedJob>, how: Processing): Promise<FinishedJob> {
  const { open, options, token, cancelled, stop } = how;
  const { UnrecoverableError, WaitingError } = open.bull;
  const queued = job.data;
  if (queued.isCancelled) throw new UnrecoverableError("cancelled");
  const signals = AbortSignal.any([stop, ...(cancelled ? [cancelled] : [])]);
  try {
    const finished = await options.run(queued, signals);
    options.onEnd({ queued, error: null, computed: finished.computed });
    return finished;
  } catch (error) {
    if (cancelled?.aborted) throw new UnrecoverableError("cancelled");
    if (stop.aborted || error instanceof AbortError) {
      await job.moveToWait(token);
      throw new WaitingError();
    }
    const { message } = error as Error;
    const isLast = isFinal(error) || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
    if (isLast) options.onEnd({ queued, error: message, computed: false });
    throw isFinal(error) ? new UnrecoverableError(message) : error;
  }
}

/** It would fail again, whoever tried. */
function isFinal(error: unknown): boolean {
  return error instanceof JobFault && error.kind === "input";
}
