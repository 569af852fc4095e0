import type { Command } from "commander";
import type { VerdictCommandOptions } from "./commandRun.ts";
import type { CommandSpec } from "../../cli/commands/command.ts";
import { MODEL, rows, shared } from "../../cli/commands/sharedOptions.ts";

export const verdict: CommandSpec = {
  declare,
  carryOut: async (model: string, options: VerdictCommandOptions) =>
    (await import("./commandRun.ts")).verdictCommand(model, options),
};

function declare(program: Command): Command {
  const command = program
    .command("verdict")
    .description("what each head is, with the evidence side by side, and the circuit")
    .argument("<model>", MODEL)
    .option("--quick", "fewer sequences and null heads; the Result says what was left out");
  return shared(
    rows(
      command,
      '{"tokens": [[...]], "period": S, "bos": true}',
      "20, of which 16 in causal runs; quick: 14 and 10",
    ),
  );
}
