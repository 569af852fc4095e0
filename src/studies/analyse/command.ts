import type { Command } from "commander";
import type { AnalyseCommandOptions } from "./commandRun.ts";
import type { CommandSpec } from "../../cli/commands/command.ts";
import { bosOption, MODEL, shared } from "../../cli/commands/sharedOptions.ts";
import { integer, wholeNumber } from "../../cli/commands/values.ts";

export const analyse: CommandSpec = {
  declare,
  carryOut: async (model: string, options: AnalyseCommandOptions) =>
    (await import("./commandRun.ts")).analyseCommand(model, options),
};

function declare(program: Command): Command {
  const command = program
    .command("analyse")
    .description("induction test, patch scan, attention and lens, all of it into one folder")
    .argument("<model>", MODEL)
    .option("--out <folder>", "where everything goes", "output/analysis")
    .option(
      "--num-examples <n>",
      "sequences of each study (default 10 to 100, by its cost)",
      wholeNumber,
    )
    .option("--seq-len <n>", "tokens in the two copies together, even (default 32)", wholeNumber)
    .option("--seed <n>", "seed of the random tokens (default 0)", wholeNumber)
    .addOption(bosOption())
    .option(
      "--screen <n>",
      "patch the n heads with the largest estimates exactly (default 20 if there are more than 64 heads)",
      integer(1),
    )
    .option("--all-heads", "patch every head exactly, however many there are")
    .option("--json", "print the Result as JSON and nothing else");
  return shared(command);
}
