import { Option, type Command } from "commander";
import { ATTENTION_VALUES } from "../../results/causalNames.ts";
import type { AttentionCommandOptions } from "./commandRun.ts";
import type { CommandSpec } from "../../cli/commands/command.ts";
import { MODEL, output, sequences, shared } from "../../cli/commands/sharedOptions.ts";
import { listed, wholeNumber } from "../../cli/commands/values.ts";

export const attention: CommandSpec = {
  declare,
  carryOut: async (model: string, options: AttentionCommandOptions) =>
    (await import("./commandRun.ts")).attentionCommand(model, options),
};

function declare(program: Command): Command {
  const command = program
    .command("attention")
    .description("where heads attend on a text, token by token")
    .argument("<model>", MODEL)
    .option(
      "--heads <list>",
      "heads such as 18.6,17.*; left out: the 4 that attend most to repeats",
      listed,
    )
    .addOption(
      new Option("--values <what>", "what is shown (default pattern)").choices(ATTENTION_VALUES),
    );
  return shared(
    output(
      sequences(command).option(
        "--num-examples <n>",
        "generated sequences (default 1)",
        wholeNumber,
      ),
    ),
  );
}
