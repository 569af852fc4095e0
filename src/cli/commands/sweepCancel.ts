import type { Command } from "commander";
import { defineCommand } from "../commandSpec.ts";
import { queueOptions } from "../flags/queueFlags.ts";
import type { QueueFlags } from "../sweep/queue/openQueue.ts";

export const command = defineCommand({
  name: "sweep cancel",
  description: "take the jobs of a plan, or all, out of a queue, and end those that run",
  declare: (command: Command) =>
    queueOptions(command.argument("[plan]", "only the jobs of this plan")),
  carryOut: async (flags: QueueFlags, [plan]: readonly [string | undefined], surroundings) => {
    const { readPlan } = await import("../sweep/readPlan.ts");
    const { withQueue } = await import("../sweep/queue/openQueue.ts");
    const { cancelJobs } = await import("../sweep/queue/cancelJobs.ts");
    const { stdout = process.stdout } = surroundings ?? {};
    const only = plan === undefined ? undefined : await readPlan(plan);
    const { removed, stopped } = await withQueue(flags, ({ queue }) => cancelJobs(queue, only));
    stdout.write(`${removed} taken out of the queue, ${stopped} told to stop\n`);
  },
});
