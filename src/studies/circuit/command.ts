import type { Command } from "commander";
import type { CircuitCommandOptions } from "./commandRun.ts";
import type { CommandSpec } from "../../cli/commands/command.ts";
import { MODEL, output, shared } from "../../cli/commands/sharedOptions.ts";
import { integer, listed, wholeNumber } from "../../cli/commands/values.ts";

export const circuit: CommandSpec = {
  declare,
  carryOut: async (model: string, options: CircuitCommandOptions) =>
    (await import("./commandRun.ts")).circuitCommand(model, options),
};

function declare(program: Command): Command {
  const command = program
    .command("circuit")
    .description("composition, copying and matching of heads from the weights alone")
    .argument("<model>", MODEL)
    .option("--top-pairs <n>", "strongest pairs to list by route (default 10)", wholeNumber)
    .option("--heads <list>", "also token by token: heads such as 18.6,17.*", listed)
    .option(
      "--circuit-tokens <n>",
      "tokens to try on the full circuits of --heads (default 8192)",
      integer(1),
    )
    .option("--top-k <n>", "directions of --heads, and tokens of each (default 5)", integer(1));
  return shared(output(command));
}
