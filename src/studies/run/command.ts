import type { Command } from "commander";
import type { RunCommandOptions } from "./commandRun.ts";
import type { CommandSpec } from "../../cli/commands/command.ts";
import { MODEL, shared } from "../../cli/commands/sharedOptions.ts";

export const run: CommandSpec = {
  declare,
  carryOut: async (model: string, options: RunCommandOptions) =>
    (await import("./commandRun.ts")).runCommand(model, options),
};

function declare(program: Command): Command {
  const command = program
    .command("run")
    .description("run a model on your tokens and save any named values as safetensors")
    .argument("<model>", MODEL)
    .requiredOption("--tokens <file>", 'rows to run, as they are: {"tokens": [[...]]}')
    .requiredOption(
      "--capture <names>",
      "values to save: names or globs with *, separated by commas; logits too",
      (text) => text.split(","),
    )
    .requiredOption("--out <file>", "the safetensors file to write");
  return shared(command);
}
