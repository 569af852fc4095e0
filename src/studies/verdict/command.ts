import type { Command } from "commander";
import { MODEL, rows, seedsOption, shared } from "../../cli/flags/sharedFlags.ts";
import { rowOptions, type RowFlags } from "../../cli/flags/rowFlags.ts";
import { onModel, studyCommand } from "../../cli/studyCommand.ts";
import { STUDIES } from "../registry.ts";
import { readOwnTokens } from "../../cli/tokensFile.ts";

interface Flags extends RowFlags {
  readonly quick?: boolean | undefined;
  readonly seeds?: number | undefined;
}

export const command = studyCommand({
  name: "verdict",
  description: "what each head is, with the evidence side by side, and the circuit",
  declare,
  request: async (flags: Flags, model: string) => {
    const rows = await rowOptions(flags, readOwnTokens);
    return onModel(STUDIES.verdict, model, { ...rows, quick: flags.quick, seeds: flags.seeds });
  },
});

function declare(command: Command): Command {
  const withFlags = command
    .argument("<model>", MODEL)
    .option("--quick", "fewer sequences and null heads; the Result says what was left out")
    .addOption(seedsOption());
  return shared(
    rows(
      withFlags,
      '{"tokens": [[...]], "period": S, "bos": true}',
      "20, of which 16 in causal runs; quick: 14 and 10",
    ),
  );
}
