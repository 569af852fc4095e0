import { Argument, type Command } from "commander";
import type { CommandSpec } from "./command.ts";

export const cache: CommandSpec = {
  declare,
  carryOut: async (action: string, target: string | undefined) =>
    (await import("../cache.ts")).cacheCommand(action, target),
};

function declare(program: Command): Command {
  return program
    .command("cache")
    .description("the download cache, shared with Python: list, verify [model], remove <model>")
    .addArgument(new Argument("<action>", "what to do").choices(["list", "verify", "remove"]))
    .argument("[model]", "an id, id@revision or the first digits of a commit")
    .allowExcessArguments(false);
}
