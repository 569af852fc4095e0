import type { Command } from "commander";
import type { PhaseCommandOptions } from "../phase.ts";
import type { CommandSpec } from "./command.ts";
import { rows, shared } from "./sharedOptions.ts";
import { stepList } from "./values.ts";

export const phase: CommandSpec = {
  declare,
  carryOut: async (paths: string[], options: PhaseCommandOptions) =>
    (await import("../phase.ts")).phaseCommand(paths, options),
};

function declare(program: Command): Command {
  const command = program
    .command("phase")
    .description("when induction heads form over the checkpoints of a run, and in which order")
    .argument(
      "<path...>",
      "a run's folder, a folder of checkpoints, checkpoints, or a hub id with --steps",
    )
    .option(
      "--steps <list>",
      "only these, as 0,512,1000; of a hub id the revisions stepN",
      stepList,
    )
    .option("--file <file>", "a natural text for icl.olsson, where the context is long enough")
    .option("--seeds", "compare several runs: how stable time, place and mechanism are");
  return shared(rows(command, '{"tokens": [[...]], "period": S, "bos": true}'));
}
