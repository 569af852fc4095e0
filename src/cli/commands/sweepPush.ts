import type { Command } from "commander";
import { defineCommand } from "../commandSpec.ts";
import {
  partFlags,
  type EngineFlags,
  type ModelFlags,
  type OutputFlags,
} from "../flags/partFlags.ts";
import { queueOptions } from "../flags/queueFlags.ts";
import { engine, reading } from "../flags/sharedFlags.ts";
import { integer } from "../flags/values.ts";
import type { QueueFlags } from "../sweep/queue/openQueue.ts";

interface Own extends QueueFlags {
  readonly priority?: number | undefined;
  readonly attempts?: number | undefined;
}

const LOWEST_PRIORITY = 2_097_151; // BullMQ's

export const command = defineCommand({
  name: "sweep push",
  description: "put the jobs of a plan into a queue (Redis or Valkey), for sweep work",
  declare,
  carryOut: async (
    flags: EngineFlags & ModelFlags & OutputFlags & Own,
    [plan]: readonly [string],
    surroundings,
  ) => {
    const { inFrame } = await import("../frame.ts");
    const { readPlan } = await import("../sweep/readPlan.ts");
    const { withQueue } = await import("../sweep/queue/openQueue.ts");
    const { pushJobs } = await import("../sweep/queue/pushJobs.ts");
    const { common, own } = partFlags<Own>(flags);
    const { priority = 100, attempts = 5 } = own;
    const { stdout = process.stdout } = surroundings ?? {};
    await inFrame(
      common,
      async ({ progress }) => {
        const jobs = await readPlan(plan);
        const engine = { ...common.engine, threads: common.engine.threads ?? 1 };
        const queued = jobs.map((job) => ({ job, engine, model: common.model }));
        const pushed = await withQueue(own, ({ queue }) =>
          pushJobs(queue, queued, { priority, attempts }, (done) =>
            progress("push", done, jobs.length),
          ),
        );
        const { added, again, there } = pushed;
        const words = `${jobs.length} jobs: ${added} added, ${again} again, ${there} in the queue already\n`;
        stdout.write(common.output.json ? `${JSON.stringify(pushed)}\n` : words);
      },
      surroundings,
    );
  },
});

function declare(command: Command): Command {
  const withFlags = queueOptions(
    command.argument("<plan>", "the plan, YAML or JSON: models, studies, seeds, options"),
  )
    .option(
      "--priority <n>",
      "jobs of a lower number come first (default 100)",
      integer(1, LOWEST_PRIORITY),
    )
    .option(
      "--attempts <n>",
      "times that a job is begun before it is set aside (default 5)",
      integer(1),
    )
    .option("--json", "print what was done as JSON");
  return engine(reading(withFlags), "1 for each job");
}
