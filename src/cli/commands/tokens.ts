import type { Command } from "commander";
import type { TokensCommandOptions } from "../tokens.ts";
import type { CommandSpec } from "./command.ts";
import { MODEL, fromHub } from "./sharedOptions.ts";

export const tokens: CommandSpec = {
  declare,
  carryOut: async (model: string, text: string, options: TokensCommandOptions) =>
    (await import("../tokens.ts")).tokensCommand(model, text, options),
};

function declare(program: Command): Command {
  const command = program
    .command("tokens")
    .description("show what a model's tokenizer makes of a text: ids, pieces, UTF-8 byte ranges")
    .argument("<model>", MODEL)
    .argument("<text>", "the text, in quotes")
    .option("--json", "print JSON and nothing else");
  return fromHub(command).allowExcessArguments(false);
}
