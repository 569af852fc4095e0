import type { Command } from "commander";
import type { CircuitCommandOptions } from "../circuit.ts";
import type { CommandSpec } from "./command.ts";
import { MODEL, output, shared } from "./sharedOptions.ts";
import { wholeNumber } from "./values.ts";

export const circuit: CommandSpec = {
  declare,
  carryOut: async (model: string, options: CircuitCommandOptions) =>
    (await import("../circuit.ts")).circuitCommand(model, options),
};

function declare(program: Command): Command {
  const command = program
    .command("circuit")
    .description("composition, copying and matching of heads from the weights alone")
    .argument("<model>", MODEL)
    .option("--top-pairs <n>", "strongest pairs to list by route (default 10)", wholeNumber);
  return shared(output(command));
}
