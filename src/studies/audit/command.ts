import type { Command } from "commander";
import type { AuditCommandOptions } from "./commandRun.ts";
import type { CommandSpec } from "../../cli/commands/command.ts";
import { MODEL, bosOption, fromHub } from "../../cli/commands/sharedOptions.ts";
import { collected, integer } from "../../cli/commands/values.ts";

export const audit: CommandSpec = {
  declare,
  carryOut: async (model: string | undefined, options: AuditCommandOptions) =>
    (await import("./commandRun.ts")).auditCommand(model, options),
};

function declare(program: Command): Command {
  const command = program
    .command("audit")
    .description("what every way of scoring attention makes of ideal heads, and what it confuses")
    .argument("[model]", `whose BOS and context to follow: ${MODEL}`)
    .option("--seq-len <n>", "tokens in the two copies together, even (default 64)", integer(8))
    .addOption(bosOption())
    .option("--out <file>", "write .png, .svg, .html, .csv or .json; may repeat", collected)
    .option("--json", "print the Result as JSON and nothing else")
    .option("--quiet", "nothing on standard error");
  return fromHub(command).allowExcessArguments(false);
}
