import type { Command } from "commander";
import type { ExploreCommandOptions } from "../explore.ts";
import type { CommandSpec } from "./command.ts";
import { fromHub, MODEL } from "./sharedOptions.ts";
import { integer } from "./values.ts";

export const explore: CommandSpec = {
  declare,
  carryOut: async (model: string | undefined, options: ExploreCommandOptions) =>
    (await import("../explore.ts")).exploreCommand(model, options),
};

function declare(program: Command): Command {
  const command = program
    .command("explore")
    .description(
      "open the explorer, a page that looks at, cuts and trains models in the browser; serve it until Ctrl-C",
    )
    .argument("[model]", MODEL)
    .option("--port <n>", "port to serve on (default: any that is free)", integer(1))
    .option(
      "--host <address>",
      "listen on this address of the machine too, so that others can reach it; still with a token",
    )
    .option("--no-open", "print the address and do not open a browser");
  return fromHub(command)
    .option("--quiet", "no progress on standard error")
    .allowExcessArguments(false);
}
