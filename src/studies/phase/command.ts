import type { Command } from "commander";
import type { PhaseCommandOptions } from "./commandRun.ts";
import type { CommandSpec } from "../../cli/commands/command.ts";
import { rows, shared } from "../../cli/commands/sharedOptions.ts";
import { integer, stepList } from "../../cli/commands/values.ts";

export const phase: CommandSpec = {
  declare,
  carryOut: async (paths: string[], options: PhaseCommandOptions) =>
    (await import("./commandRun.ts")).phaseCommand(paths, options),
};

function declare(program: Command): Command {
  const command = program
    .command("phase")
    .description("when induction heads form over the checkpoints of a run, and in which order")
    .argument(
      "<path...>",
      "a run's folder, a folder of checkpoints, checkpoints, zoo:NAME, or a hub id",
    )
    .option("--steps <list>", "only the checkpoints of these steps, as 0,512,1000", stepList)
    .option(
      "--checkpoints <n>",
      "at most so many, evenly on a log scale (default: all; of a hub id 30)",
      integer(2),
    )
    .option("--revisions <pattern>", "branches and tags of a hub id; the step is at the *", "step*")
    .option("--file <file>", "a natural text for icl.olsson, where the context is long enough")
    .option(
      "--seeds [n]",
      "compare runs: how stable time, place and mechanism are; with n one run is repeated with other seeds",
      integer(2),
    );
  return shared(rows(command, '{"tokens": [[...]], "period": S, "bos": true}'));
}
