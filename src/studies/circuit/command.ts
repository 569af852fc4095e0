import type { Command } from "commander";
import { MODEL, output, withSharedFlags } from "../../cli/flags/sharedFlags.ts";
import { integer, commaList, wholeNumber } from "../../cli/flags/values.ts";
import { onModel, studyCommand } from "../../cli/studyCommand.ts";
import { STUDIES } from "../registry.ts";

interface Flags {
  readonly topPairs?: number | undefined;
  readonly heads?: readonly string[] | undefined;
  readonly circuitTokens?: number | undefined;
  readonly topK?: number | undefined;
}

export const command = studyCommand({
  name: "circuit",
  description: "composition, copying and matching of heads from the weights alone",
  declare,
  request: async (flags: Flags, model: string) => {
    const { topPairs, heads, circuitTokens, topK } = flags;
    return onModel(STUDIES.circuit, model, { topPairs, heads, circuitTokens, topK });
  },
});

function declare(command: Command): Command {
  const withFlags = command
    .argument("<model>", MODEL)
    .option("--top-pairs <n>", "strongest pairs to list by route (default 10)", wholeNumber)
    .option("--heads <list>", "also token by token: heads such as 18.6,17.*", commaList)
    .option(
      "--circuit-tokens <n>",
      "tokens to try on the full circuits of --heads (default 8192)",
      integer(1),
    )
    .option("--top-k <n>", "directions of --heads, and tokens of each (default 5)", integer(1));
  return withSharedFlags(output(withFlags));
}
