import type { Command } from "commander";
import type { ReportCommandOptions } from "../report.ts";
import type { CommandSpec } from "./command.ts";

export const report: CommandSpec = {
  declare,
  carryOut: async (files: string[], options: ReportCommandOptions) =>
    (await import("../report.ts")).reportCommand(files, options),
};

function declare(program: Command): Command {
  return program
    .command("report")
    .description("one offline page from Results that were kept as JSON")
    .argument("<result...>", "JSON files of --out or --json, in the order of the sections")
    .option("--out <file>", "the page, .html (default output/report.html)")
    .option("--title <text>", "what the page is called (default Induction heads)");
}
