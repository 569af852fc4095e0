import { Option, type Command } from "commander";
import { DESIGN_NAMES, PATH_METRICS, PATH_ROUTES, UNIT_NAMES } from "../../results/causalNames.ts";
import type { PatchCommandOptions } from "./commandRun.ts";
import type { CommandSpec } from "../../cli/commands/command.ts";
import { MODEL, rows, shared } from "../../cli/commands/sharedOptions.ts";
import { integer, listed, number, sets, wholeNumber } from "../../cli/commands/values.ts";

export const patch: CommandSpec = {
  declare,
  carryOut: async (model: string, options: PatchCommandOptions) =>
    (await import("./commandRun.ts")).patchCommand(model, options),
};

function declare(program: Command): Command {
  const command = attributionOptions(pathOptions(patchOptions(program)));
  return shared(
    rows(command, '{"clean": [[...]], "corrupted": [[...]], "period": S, "bos": true}'),
  );
}

function patchOptions(program: Command): Command {
  return program
    .command("patch")
    .description("activation patching: what each component carries of clean against corrupted runs")
    .argument("<model>", MODEL)
    .addOption(
      new Option("--unit <name>", "what is patched (default head-out)").choices(UNIT_NAMES),
    )
    .option("--by-position", "patch each position by itself")
    .option("--by-cell", "patch each (query, key) of the patterns of --heads by itself")
    .option("--heads <heads>", "only these heads, as 1.2,5.5", listed)
    .addOption(
      new Option(
        "--mode <name>",
        "clean values into the corrupted run, or the other way round (default denoise)",
      ).choices(["denoise", "noise"]),
    )
    .addOption(
      new Option("--metric <name>", "what is read (default log-probability)").choices(PATH_METRICS),
    )
    .addOption(
      new Option("--design <name>", "corrupted rows in place of A A (default BA)").choices(
        DESIGN_NAMES,
      ),
    )
    .option("--raw", "the metric of each run, no effects")
    .option(
      "--threshold <x>",
      "least effect in the list of important components (default .02)",
      number,
    )
    .option("--top-k <n>", "longest that list may be (default 10)", wholeNumber)
    .option(
      "--fingerprint <heads>",
      "the table of designs x parts of these heads, as 1.2,5.5",
      listed,
    );
}

function pathOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--route <name>",
        "follow single paths from earlier heads into queries, keys or values of --into, or into the logits",
      ).choices(PATH_ROUTES),
    )
    .option("--into <heads>", "heads that paths lead into, as 18.6,18.7", listed)
    .option(
      "--from <heads>",
      "one path from these heads together; may repeat (default: each earlier head)",
      sets,
    )
    .option("--through-mlps", "MLPs between respond, other heads do not (default: direct paths)")
    .option("--freeze-norm", "the receivers' norm keeps its clean scale (default: recomputed)");
}

function attributionOptions(command: Command): Command {
  return command
    .option(
      "--attribution",
      "estimate all heads and paths from one gradient; approximate, and quick",
    )
    .option("--screen <n>", "run the n heads with the largest estimates exactly", integer(1))
    .option(
      "--controls <n>",
      "random other heads to run exactly beside them (default 10)",
      integer(0),
    );
}
