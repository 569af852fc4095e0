import { Option, type Command } from "commander";
import { rowOptions, type RowFlags } from "../../cli/flags/rowFlags.ts";
import { MODEL, rows, withSharedFlags } from "../../cli/flags/sharedFlags.ts";
import { integer, commaList, number } from "../../cli/flags/values.ts";
import { onModel, studyCommand } from "../../cli/studyCommand.ts";
import { readAblation } from "../../cli/tokensFile.ts";
import { STUDIES } from "../registry.ts";
import { REPLACEMENTS, type Replacement } from "../../results/causalNames.ts";

interface Flags extends RowFlags {
  readonly heads?: readonly string[] | undefined;
  readonly kind?: Replacement | undefined;
  readonly pairs?: number | undefined;
  readonly threshold?: number | undefined;
}

export const command = studyCommand({
  name: "shapley",
  description: "what each head adds to the copy, averaged over all orders of heads",
  declare,
  request: async (flags: Flags, model: string) => {
    const { heads, kind, pairs, threshold } = flags;
    const own = await rowOptions(flags, readAblation);
    return onModel(STUDIES.shapley, model, { ...own, heads, kind, pairs, threshold });
  },
});

function declare(command: Command): Command {
  const withFlags = command
    .argument("<model>", MODEL)
    .option(
      "--heads <list>",
      "heads that are removed, as 1.0,1.2 or 1.*; the others stay (default all)",
      commaList,
    )
    .addOption(
      new Option(
        "--kind <name>",
        "what the output of a removed head becomes (default sized-mean)",
      ).choices(REPLACEMENTS),
    )
    .option(
      "--pairs <n>",
      "orders that are drawn, each with its reverse, for more than 12 heads (default 16)",
      integer(1),
    )
    .option(
      "--threshold <x>",
      "share of the whole from which a head matters (default .05)",
      number,
    );
  return withSharedFlags(
    rows(withFlags, '{"tokens": [[...]], "period": S, "bos": true, "reference": [[...]]}'),
  );
}
