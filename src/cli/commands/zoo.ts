import { Argument, type Command } from "commander";
import type { CommandSpec } from "./command.ts";

export const zoo: CommandSpec = {
  declare,
  carryOut: async () => (await import("../zoo.ts")).zooCommand(),
};

function declare(program: Command): Command {
  return program
    .command("zoo")
    .description("the models that come with the tool, and what is known about them: list")
    .addArgument(new Argument("<action>", "what to do").choices(["list"]))
    .allowExcessArguments(false);
}
