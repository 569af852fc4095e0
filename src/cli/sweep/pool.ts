/** @file The pool of processes that a sweep runs in: as many jobs at once as there are workers and memory. */
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { AbortError } from "../../base/errors.ts";
import type { SweepJob } from "./plan.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./messages.ts";

export interface PoolOptions {
  readonly setup: WorkerSetup;
  readonly workers: number;
  /** Bytes that jobs may need together; a job that needs more runs alone. */
  readonly budget: number;
  readonly signal: AbortSignal;
}

/** How a job ended. */
export interface Ended {
  readonly job: SweepJob;
  /** Why it failed; null: its Result is in the folder. */
  readonly error: string | null;
  readonly computed: boolean;
}

/** Times that a job may take its process with it before it is set aside. */
const MOST_DEATHS = 2;

interface Slot {
  readonly child: ChildProcess;
  job: SweepJob | null;
  /** Bytes that its job was given. */
  granted: number;
  /** Bytes that its job waits for; null while it waits for none. */
  wants: number | null;
}

/**
 * Runs all jobs, each in some worker; tells of each as it ends.
 *
 * A worker that dies (for want of memory, or killed) is replaced and its job begun anew, twice at most.
 *
 * @throws {AbortError} once `signal` is aborted; what is finished stays
 */
export function runPool(
  jobs: readonly SweepJob[],
  options: PoolOptions,
  ended: (one: Ended) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    new Pool([...jobs], options, ended, { resolve, reject }).begin();
  });
}

interface Settle {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Lives from the first job to the last; its processes end with it. */
class Pool {
  readonly #queue: SweepJob[];
  readonly #options: PoolOptions;
  readonly #ended: (one: Ended) => void;
  readonly #settle: Settle;
  readonly #slots = new Set<Slot>();
  readonly #deaths = new Map<SweepJob, number>();
  #silentDeaths = 0;
  #over = false;

  constructor(
    queue: SweepJob[],
    options: PoolOptions,
    ended: (one: Ended) => void,
    settle: Settle,
  ) {
    this.#queue = queue;
    this.#options = options;
    this.#ended = ended;
    this.#settle = settle;
  }

  begin(): void {
    const { signal, workers } = this.#options;
    const abort = () => this.#finish(() => this.#settle.reject(new AbortError(signal.reason)));
    signal.addEventListener("abort", abort);
    if (signal.aborted) return abort();
    if (this.#queue.length === 0) return this.#finish(this.#settle.resolve);
    const count = Math.min(workers, this.#queue.length);
    for (let worker = 0; worker < count; worker++) this.#start();
  }

  #start(): void {
    const child = fork(fileURLToPath(new URL("./worker.js", import.meta.url)), {
      serialization: "advanced",
    });
    const slot: Slot = { child, job: null, granted: 0, wants: null };
    this.#slots.add(slot);
    child.on("message", (message: FromWorker) => this.#hear(slot, message));
    child.on("exit", () => {
      this.#slots.delete(slot);
      if (!this.#over) this.#replace(slot);
    });
    send(slot, { setup: this.#options.setup });
  }

  #hear(slot: Slot, message: FromWorker): void {
    if (this.#over) return;
    if ("ready" in message) return this.#next(slot);
    if ("needsBytes" in message) {
      slot.wants = message.needsBytes;
      return this.#grant();
    }
    const [error, computed] =
      "done" in message ? [null, message.done.computed] : [message.failed, false];
    this.#ended({ job: slot.job!, error, computed });
    this.#next(slot);
  }

  #next(slot: Slot): void {
    const job = this.#queue.shift() ?? null;
    Object.assign(slot, { job, granted: 0, wants: null });
    if (job) send(slot, { job });
    this.#grant();
    this.#finishIfDone();
  }

  /** Those that wait, as far as the budget goes; one that needs more than it has waits until it is alone. */
  #grant(): void {
    for (const slot of this.#slots) {
      if (slot.wants === null) continue;
      const used = [...this.#slots].reduce((sum, { granted }) => sum + granted, 0);
      if (used > 0 && used + slot.wants > this.#options.budget) continue;
      slot.granted = Math.max(1, slot.wants);
      slot.wants = null;
      send(slot, { go: true });
    }
  }

  /** What a dead worker leaves: its job goes to the front again, or is set aside. */
  #replace({ job }: Slot): void {
    if (job === null && ++this.#silentDeaths > MOST_DEATHS * this.#options.workers) {
      const error = new Error("internal: the processes of the sweep do not start");
      return this.#finish(() => this.#settle.reject(error));
    }
    if (job) this.#bury(job);
    if (this.#queue.length > 0) this.#start();
    this.#grant();
    this.#finishIfDone();
  }

  #bury(job: SweepJob): void {
    const times = (this.#deaths.get(job) ?? 0) + 1;
    this.#deaths.set(job, times);
    if (times < MOST_DEATHS) return void this.#queue.unshift(job);
    const error = `its process ended ${times} times, as systems do when memory runs out`;
    this.#ended({ job, error, computed: false });
  }

  #finishIfDone(): void {
    const busy = [...this.#slots].some(({ job }) => job !== null);
    if (this.#queue.length === 0 && !busy) this.#finish(this.#settle.resolve);
  }

  #finish(settle: () => void): void {
    if (this.#over) return;
    this.#over = true;
    for (const { child } of this.#slots) child.kill("SIGKILL");
    settle();
  }
}

function send(slot: Slot, message: ToWorker): void {
  slot.child.send(message, () => undefined);
}
