import { InvalidArgumentError, type Command } from "commander";
import { defineCommand } from "../commandSpec.ts";
import {
  partFlags,
  type EngineFlags,
  type ModelFlags,
  type OutputFlags,
} from "../flags/partFlags.ts";
import { poolOptions } from "../flags/poolFlags.ts";
import { engine, fromHub, keepingDecoded, reading } from "../flags/sharedFlags.ts";
import type { Shard, SweepFlags } from "../sweep/runSweep.ts";

type Flags = EngineFlags &
  ModelFlags &
  Omit<OutputFlags, "out"> &
  Omit<SweepFlags, "out"> & {
    readonly folder: string;
  };

export const command = defineCommand({
  name: "sweep",
  description: "many models, studies and seeds from a plan, into one folder and one tidy table",
  declare,
  carryOut: async (flags: Flags, [plan]: readonly [string], surroundings) => {
    const { inFrame } = await import("../frame.ts");
    const { runSweep, summaryText, throwIfFailed } = await import("../sweep/runSweep.ts");
    const { common, own } = partFlags(flags);
    const { folder, ...more } = own as unknown as Omit<SweepFlags, "out"> & { folder: string };
    const { stdout = process.stdout } = surroundings ?? {};
    await inFrame(
      common,
      async (frame) => {
        const summary = await runSweep(frame, plan, { ...more, out: folder });
        stdout.write(common.output.json ? `${JSON.stringify(summary)}\n` : summaryText(summary));
        throwIfFailed(summary);
      },
      surroundings,
    );
  },
});

function declare(command: Command): Command {
  const withFolder = command
    .argument("<plan>", "the plan, YAML or JSON: models, studies, seeds, options")
    .requiredOption("--folder <folder>", "where Results and tables are kept; sweeps may share one");
  const withFlags = poolOptions(withFolder)
    .option("--shard <i/n>", "only part i of n of the jobs, as 3/40", shard)
    .option("--json", "print what was done as JSON");
  return engine(reading(keepingDecoded(fromHub(withFlags))), "1 for each job");
}

function shard(text: string): Shard {
  const [, index, count] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (index !== undefined && count !== undefined && index >= 1 && index <= count)
    return { index, count };
  throw new InvalidArgumentError(`needs a part i of n with 1 <= i <= n, as 3/40, got ${text}.`);
}
