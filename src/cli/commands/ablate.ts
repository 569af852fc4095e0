import { Option, type Command } from "commander";
import { ABLATION_KINDS } from "../../results/causalNames.ts";
import type { AblateCommandOptions } from "../ablate.ts";
import type { CommandSpec } from "./command.ts";
import { MODEL, rows, shared } from "./sharedOptions.ts";
import { listed, sets } from "./values.ts";

export const ablate: CommandSpec = {
  declare,
  carryOut: async (model: string, options: AblateCommandOptions) =>
    (await import("../ablate.ts")).ablateCommand(model, options),
};

function declare(program: Command): Command {
  const command = program
    .command("ablate")
    .description("the losses of both copies without heads: each alone, sets, exact patterns")
    .argument("<model>", MODEL)
    .addOption(
      new Option("--kind <name>", "what a head's output becomes (default mean)").choices(
        ABLATION_KINDS,
      ),
    )
    .option("--set <heads>", "ablate these together, as 18.6,18.7; may repeat", sets)
    .option("--given <heads>", "ablate these in every run", listed)
    .option("--idealise <heads>", "put exact patterns in place of these heads' own", listed)
    .option("--each-head", "each head alone, beside sets and patterns");
  return shared(
    rows(command, '{"tokens": [[...]], "period": S, "bos": true, "reference": [[...]]}'),
  );
}
