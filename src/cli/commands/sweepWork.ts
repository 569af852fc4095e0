import type { Command } from "commander";
import { defineCommand } from "../commandSpec.ts";
import { partFlags, type ModelFlags, type OutputFlags } from "../flags/partFlags.ts";
import { poolOptions } from "../flags/poolFlags.ts";
import { queueOptions } from "../flags/queueFlags.ts";
import { keepingDecoded, QUIET } from "../flags/sharedFlags.ts";
import { integer } from "../flags/values.ts";
import type { SweepWorkFlags } from "../sweep/queue/sweepWork.ts";

type Flags = ModelFlags & OutputFlags & SweepWorkFlags;

export const command = defineCommand({
  name: "sweep work",
  description: "carry out jobs of a queue (Redis or Valkey) into a shared folder, until Ctrl-C",
  declare,
  carryOut: async (flags: Flags, _, surroundings) => {
    const { inFrame } = await import("../frame.ts");
    const { sweepWork } = await import("../sweep/queue/sweepWork.ts");
    const { common, own } = partFlags<SweepWorkFlags>(flags);
    const { stdout = process.stdout } = surroundings ?? {};
    await inFrame(common, (frame) => sweepWork(frame, own, stdout), surroundings);
  },
});

function declare(command: Command): Command {
  const withQueue = queueOptions(
    command.requiredOption("--folder <folder>", "where Results are kept; all workers share it"),
  );
  return keepingDecoded(poolOptions(withQueue))
    .option("--until-empty", "end when no job waits or runs anywhere")
    .option(
      "--heartbeat <s>",
      "seconds between signs of life; after three the jobs of a silent worker go to others (default 10)",
      integer(1),
    )
    .option("--offline", "ask nothing of the network but of the queue; use what the cache has")
    .option("--json", "print what was done as JSON")
    .option("--quiet", QUIET);
}
