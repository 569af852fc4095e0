import type { Command } from "commander";
import type { TextCommandOptions } from "./commandRun.ts";
import type { CommandSpec } from "../../cli/commands/command.ts";
import { bosOption, MODEL, output, shared } from "../../cli/commands/sharedOptions.ts";
import { integer, listed, wholeNumber } from "../../cli/commands/values.ts";

export const text: CommandSpec = {
  declare,
  carryOut: async (model: string, words: string | undefined, options: TextCommandOptions) =>
    (await import("./commandRun.ts")).textCommand(model, words, options),
};

function declare(program: Command): Command {
  const command = program
    .command("text")
    .description("induction on the repeats of your own text, and on paired prompts")
    .argument("<model>", MODEL)
    .argument("[text]", "a text")
    .option("--file <file>", "a file of text")
    .option("--tokens <file>", 'token ids: {"tokens": [[...]]}')
    .option("--piece-length <n>", "tokens in one piece of the text (default 256)", integer(8))
    .option(
      "--pairs <file>",
      'prompts to compare: {"pairs": [{"prompts": ["...", "..."], "target": "..."}]}',
    )
    .option(
      "--heads <list>",
      "heads to switch off in pairs (default those that do induction)",
      listed,
    )
    .option("--seed <n>", "seed of the random tokens to compare with (default 0)", wholeNumber)
    .addOption(bosOption());
  return shared(output(command));
}
