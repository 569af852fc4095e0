import { Option, type Command } from "commander";
import { ABLATION_KINDS } from "../../results/causalNames.ts";
import type { AblateCommandOptions } from "./commandRun.ts";
import type { CommandSpec } from "../../cli/commands/command.ts";
import { MODEL, rows, shared } from "../../cli/commands/sharedOptions.ts";
import { integer, listed, number, sets } from "../../cli/commands/values.ts";

export const ablate: CommandSpec = {
  declare,
  carryOut: async (model: string, options: AblateCommandOptions) =>
    (await import("./commandRun.ts")).ablateCommand(model, options),
};

function declare(program: Command): Command {
  const command = program
    .command("ablate")
    .description(
      "the losses of both copies without heads: each alone, sets, curves, exact patterns",
    )
    .argument("<model>", MODEL)
    .addOption(
      new Option("--kind <name>", "what a head's output becomes (default mean)").choices(
        ABLATION_KINDS,
      ),
    )
    .option("--set <heads>", "ablate these together, as 18.6,18.7; may repeat", sets)
    .option("--given <heads>", "ablate these in every run", listed)
    .option("--idealise <heads>", "put exact patterns in place of these heads' own", listed)
    .option("--each-head", "each head alone, beside sets and patterns")
    .option(
      "--curve [n]",
      "ablate the n heads with the best induction scores one after the other, beside random sets (default 10)",
      integer(1),
    )
    .option("--random-sets <n>", "random sets in the band of a curve (default 10)", integer(2))
    .option("--minimal", "search, greedily, a set that copying needs and one that is enough for it")
    .option(
      "--share <x>",
      "share of what repetition helps that --minimal goes by (default .8)",
      number,
    );
  return shared(
    rows(command, '{"tokens": [[...]], "period": S, "bos": true, "reference": [[...]]}'),
  );
}
