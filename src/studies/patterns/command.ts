import { Option, type Command } from "commander";
import type { ScorePatternsCommandOptions } from "./commandRun.ts";
import type { CommandSpec } from "../../cli/commands/command.ts";
import { collected } from "../../cli/commands/values.ts";

export const scorePatterns: CommandSpec = {
  declare,
  carryOut: async (file: string, options: ScorePatternsCommandOptions) =>
    (await import("./commandRun.ts")).scorePatternsCommand(file, options),
};

function declare(program: Command): Command {
  return program
    .command("score-patterns")
    .description("score attention that was computed elsewhere: encoders, T5 and vision too")
    .argument("<file>", ".safetensors or .npz: [layer, batch, head, query, key], or one per layer")
    .requiredOption(
      "--tokens <file>",
      'whose attention it is: {"tokens": [[...]]}; "period" and "bos" if they repeat, "keyTokens" for cross',
    )
    .addOption(
      new Option("--mask <kind>", "what queries may see")
        .choices(["causal", "none", "cross"])
        .default("causal"),
    )
    .option("--arrays <glob>", "only the arrays whose name fits, such as 'decoder_attentions.*'")
    .option("--out <file>", "write .png, .svg, .html, .csv or .json; may repeat", collected)
    .option("--json", "print the Result as JSON and nothing else")
    .option("--quiet", "nothing on standard error")
    .allowExcessArguments(false);
}
