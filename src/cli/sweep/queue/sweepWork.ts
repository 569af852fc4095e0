/** @file `sweep work`: jobs of a queue into a folder, by processes as those of `sweep`. */
import { AbortError, UnableError } from "../../../base/errors.ts";
import { visible } from "../../../draw/visible.ts";
import type { Frame } from "../../frame.ts";
import { sweepFolder, type SweepFolder } from "../folder.ts";
import { memoryGate, type MemoryGate } from "../memoryGate.ts";
import { hashOf } from "../plan.ts";
import { diskOf, roomOf, type SweepFlags } from "../runSweep.ts";
import { jobRunners, type Runners } from "../runners.ts";
import { openQueue, type QueueFlags, type QueuedJob } from "./openQueue.ts";
import { workOn, type EndedJob } from "./workOn.ts";

export interface SweepWorkFlags
  extends QueueFlags, Pick<SweepFlags, "workers" | "memoryBudget" | "diskBudget"> {
  readonly folder: string;
  readonly untilEmpty?: boolean | undefined;
  /** In seconds. */
  readonly heartbeat?: number | undefined;
}

const HEARTBEAT_S = 10;

export async function sweepWork(
  frame: Frame,
  flags: SweepWorkFlags,
  stdout: Pick<NodeJS.WriteStream, "write">,
): Promise<void> {
  const { signal, note, progress, done, flags: common } = frame;
  const { heartbeat = HEARTBEAT_S, untilEmpty = false } = flags;
  const folder = sweepFolder(flags.folder);
  const { workers, budget } = roomOf(flags);
  const open = await openQueue(flags, { waits: true });
  const disk = await diskOf(flags);
  const processes = processesFor(flags.folder, frame, memoryGate(budget));
  const counts = { computed: 0, known: 0, failed: 0 };
  const onEnd = (end: EndedJob) => {
    if (end.error !== null) setAside(end, folder, note);
    counts[end.error !== null ? "failed" : end.computed ? "computed" : "known"]++;
  };
  done(
    `Working on queue ${open.name} of ${open.address}, ${workers} at once.${untilEmpty ? "" : " Ctrl-C ends it."}`,
  );
  try {
    await workOn(open, {
      ...{ workers, heartbeatMs: 1000 * heartbeat, untilEmpty, signal, onEnd },
      run(queued, stop) {
        const carryOut = () => processes.of(queued).run(queued.job, stop);
        return disk ? disk.during(queued.job, carryOut) : carryOut();
      },
      progress: (over, total) => progress("sweep", over, total),
      fault: (message) => note(`the queue does not answer, and is waited for: ${visible(message)}`),
    });
  } finally {
    processes.close();
    await open.close();
  }
  if (signal.aborted) throw new AbortError("stopped; what ran is back in the queue");
  const { computed, known, failed } = counts;
  stdout.write(
    common.output.json
      ? `${JSON.stringify(counts)}\n`
      : `here: ${computed} computed, ${known} known before, ${failed} set aside\n`,
  );
  if (failed > 0)
    throw new UnableError(`${failed} jobs were set aside here; sweep push tries them again`);
}

/** In the folder as in a sweep without a queue; the queue has it too, should the folder not take it. */
function setAside(
  { queued: { job }, error }: EndedJob,
  folder: SweepFolder,
  note: Frame["note"],
): void {
  note(`set aside: ${job.study} of ${job.typed}: ${visible(error!)}`);
  try {
    folder.setFailed({ job, error: error! });
  } catch {
    return;
  }
}

/** Processes by what they are set up for, which is that of the push; the cache and the network are this machine's. */
function processesFor(folder: string, frame: Frame, gate: MemoryGate) {
  const { offline, cache } = frame.flags.model;
  const bySetup = new Map<string, Runners>();
  return {
    of({ engine, model }: QueuedJob): Runners {
      const setup = { folder, engine, model: { ...model, offline, cache } };
      const key = hashOf(setup);
      const runners = bySetup.get(key) ?? jobRunners(setup, gate);
      bySetup.set(key, runners);
      return runners;
    },
    close: () => bySetup.forEach((runners) => runners.close()),
  };
}
