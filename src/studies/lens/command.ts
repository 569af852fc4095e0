import type { Command } from "commander";
import { MODEL, rows, shared } from "../../cli/flags/sharedFlags.ts";
import { number, wholeNumber, wholeNumbers } from "../../cli/flags/values.ts";
import { rowOptions, type RowFlags } from "../../cli/flags/rowFlags.ts";
import { onModel, studyCommand } from "../../cli/studyCommand.ts";
import { STUDIES } from "../registry.ts";
import { readOwnTokens } from "../../cli/tokensFile.ts";

interface Flags extends RowFlags {
  readonly centred?: boolean | undefined;
  readonly threshold?: number | undefined;
  readonly topK?: number | undefined;
  readonly positions?: readonly number[] | undefined;
}

export const command = studyCommand({
  name: "lens",
  description: "what each layer would predict, and what each part adds to the target's logit",
  declare,
  request: async (flags: Flags, model: string) => {
    const { centred, threshold, topK, positions } = flags;
    const rows = await rowOptions(flags, readOwnTokens);
    const of = centred ? "centred-logit" : "logit";
    return onModel(STUDIES.lens, model, { ...rows, threshold, topK, positions, of });
  },
});

function declare(command: Command): Command {
  const withFlags = command
    .argument("<model>", MODEL)
    .option("--centred", "take the logit less the mean over the vocabulary")
    .option(
      "--threshold <x>",
      "probability at which a token counts as settled (default .5)",
      number,
    )
    .option(
      "--positions <list>",
      "positions of the second copy to read (default all)",
      wholeNumbers,
    )
    .option("--top-k <n>", "most likely tokens to list by layer (default 5)", wholeNumber);
  return shared(rows(withFlags, '{"tokens": [[...]], "period": S, "bos": true}'));
}
