import type { Command } from "commander";
import type { WhyCommandOptions } from "./commandRun.ts";
import type { CommandSpec } from "../../cli/commands/command.ts";
import { MODEL, output, sequences, shared } from "../../cli/commands/sharedOptions.ts";
import { wholeNumber } from "../../cli/commands/values.ts";

export const why: CommandSpec = {
  declare,
  carryOut: async (model: string, options: WhyCommandOptions) =>
    (await import("./commandRun.ts")).whyCommand(model, options),
};

function declare(program: Command): Command {
  const command = program
    .command("why")
    .description("why a head attends to a token: its score, query part by key part")
    .argument("<model>", MODEL)
    .requiredOption("--head <layer.head>", "the head, such as 18.6")
    .option(
      "--query <n>",
      "position that looks; negative from the end (default the last)",
      wholeNumber,
    )
    .option(
      "--key <n>",
      "position that is looked at (default the one with most weight, but for the first)",
      wholeNumber,
    )
    .option("--target <id>", "token id to read the effect on (default the next token)", wholeNumber)
    .option("--top-k <n>", "keys and tokens to list (default 5)", wholeNumber);
  return shared(output(sequences(command)));
}
