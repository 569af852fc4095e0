import type { Command } from "commander";
import type { LensCommandOptions } from "./commandRun.ts";
import type { CommandSpec } from "../../cli/commands/command.ts";
import { MODEL, rows, shared } from "../../cli/commands/sharedOptions.ts";
import { number, wholeNumber, wholeNumbers } from "../../cli/commands/values.ts";

export const lens: CommandSpec = {
  declare,
  carryOut: async (model: string, options: LensCommandOptions) =>
    (await import("./commandRun.ts")).lensCommand(model, options),
};

function declare(program: Command): Command {
  const command = program
    .command("lens")
    .description("what each layer would predict, and what each part adds to the target's logit")
    .argument("<model>", MODEL)
    .option("--centred", "take the logit less the mean over the vocabulary")
    .option(
      "--threshold <x>",
      "probability at which a token counts as settled (default .5)",
      number,
    )
    .option(
      "--positions <list>",
      "positions of the second copy to read (default all)",
      wholeNumbers,
    )
    .option("--top-k <n>", "most likely tokens to list by layer (default 5)", wholeNumber);
  return shared(rows(command, '{"tokens": [[...]], "period": S, "bos": true}'));
}
