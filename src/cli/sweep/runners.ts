/** @file Processes that carry out jobs, each one at a time, under one budget of memory. */
import type { ChildProcess } from "node:child_process";
import { AbortError } from "../../base/errors.ts";
import { forkWork } from "../forkWork.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./messages.ts";
import type { MemoryGate } from "./memoryGate.ts";
import type { SweepJob } from "./plan.ts";

/** How a job was finished. */
export interface FinishedJob {
  /** Of its Result. */
  readonly key: string;
  /** False: the Result was there. */
  readonly computed: boolean;
}

export interface Runners {
  /**
   * Carries out one job in a process that is free, or in a new one.
   *
   * @param signal aborting it ends the process
   * @throws {JobFault} with the sentence of what was wrong; {AbortError} once `signal` is aborted
   */
  run(job: SweepJob, signal: AbortSignal): Promise<FinishedJob>;
  /** Ends all processes. */
  close(): void;
}

/** Why a job failed. */
export class JobFault extends Error {
  override readonly name = "JobFault";
  /**
   * "input": it fails again whenever it is tried. "unable": another time, or elsewhere, it may not. "death": its process ended.
   * "start": a process ended before it took any job.
   */
  readonly kind: "input" | "unable" | "death" | "start";

  constructor(kind: JobFault["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

export const DEATH = "its process ended, as systems do when memory runs out";

/** @param gate where jobs wait for the memory that they need */
export function jobRunners(setup: WorkerSetup, gate: MemoryGate): Runners {
  const all = new Set<Runner>();
  const idle: Runner[] = [];
  let isClosed = false;
  return {
    async run(job, signal) {
      if (signal.aborted || isClosed) throw new AbortError(signal.reason);
      const runner = idle.pop() ?? new Runner(setup, gate);
      all.add(runner);
      try {
        const finished = await runner.run(job, signal);
        idle.push(runner);
        return finished;
      } catch (error) {
        if (runner.isAlive) idle.push(runner);
        else all.delete(runner);
        throw error;
      }
    },
    close() {
      isClosed = true;
      for (const runner of all) runner.kill();
    },
  };
}

/** One process, from its first job to its end. */
class Runner {
  readonly #child: ChildProcess;
  readonly #gate: MemoryGate;
  #isReady = false;

  constructor(setup: WorkerSetup, gate: MemoryGate) {
    this.#gate = gate;
    this.#child = forkWork(new URL("./worker.js", import.meta.url), [], {
      memory: setup.engine.memory,
    });
    this.#child.on("message", (message: FromWorker) => (this.#isReady ||= "ready" in message));
    this.#send({ setup });
  }

  get isAlive(): boolean {
    return this.#child.connected;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async run(job: SweepJob, signal: AbortSignal): Promise<FinishedJob> {
    const over = new AbortController(); // however it ends, nothing waits for memory any longer
    let leave: () => void = () => undefined;
    const wait = async (bytes: number) => {
      leave = await this.#gate.enter(Math.max(1, bytes), over.signal);
      this.#send({ go: true });
    };
    const kill = () => this.kill();
    signal.addEventListener("abort", kill);
    try {
      return await this.#outcome(job, wait);
    } catch (error) {
      throw signal.aborted ? new AbortError(signal.reason) : error;
    } finally {
      signal.removeEventListener("abort", kill);
      over.abort();
      leave();
    }
  }

  #outcome(job: SweepJob, wait: (bytes: number) => Promise<void>): Promise<FinishedJob> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        this.#child.off("message", hear);
        this.#child.off("exit", died);
        act();
      };
      const died = () =>
        settle(() => reject(new JobFault(this.#isReady ? "death" : "start", DEATH)));
      const hear = (message: FromWorker) => {
        if ("needsBytes" in message) void wait(message.needsBytes);
        else if ("done" in message) settle(() => resolve(message.done));
        else if ("failed" in message)
          settle(() => reject(new JobFault(message.kind, message.failed)));
      };
      this.#child.on("message", hear);
      this.#child.on("exit", died);
      this.#send({ job });
    });
  }

  #send(message: ToWorker): void {
    this.#child.send(message, () => undefined);
  }
}
