import type { Command } from "commander";
import { InputError } from "../../base/errors.ts";
import { MODEL, output, sequences, withSharedFlags } from "../../cli/flags/sharedFlags.ts";
import { wholeNumber } from "../../cli/flags/values.ts";
import { sequenceInput, type SequenceFlags } from "../../cli/flags/sequenceFlags.ts";
import { onModel, studyCommand } from "../../cli/studyCommand.ts";
import { STUDIES } from "../registry.ts";

interface Flags extends SequenceFlags {
  readonly head: string;
  readonly query?: number | undefined;
  readonly key?: number | undefined;
  readonly target?: number | undefined;
  readonly topK?: number | undefined;
}

export const command = studyCommand({
  name: "why",
  description: "why a head attends to a token: its score, query part by key part",
  declare,
  request: async (flags: Flags, model: string) => {
    const { head, query, key, target, topK } = flags;
    const { texts, tokens, ...rows } = await sequenceInput(flags);
    const count = (texts ?? tokens ?? [0]).length;
    if (count > 1) throw new InputError("options", `why reads one sequence, got ${count}`);
    const sequence = { text: texts?.[0], tokens: tokens?.[0], ...rows };
    return onModel(STUDIES.why, model, { ...sequence, head, query, key, target, topK });
  },
});

function declare(command: Command): Command {
  const withFlags = command
    .argument("<model>", MODEL)
    .requiredOption("--head <layer.head>", "the head, such as 18.6")
    .option(
      "--query <n>",
      "position that looks; negative from the end (default the last)",
      wholeNumber,
    )
    .option(
      "--key <n>",
      "position that is looked at (default the one with most weight, but for the first)",
      wholeNumber,
    )
    .option("--target <id>", "token id to read the effect on (default the next token)", wholeNumber)
    .option("--top-k <n>", "keys and tokens to list (default 5)", wholeNumber);
  return withSharedFlags(output(sequences(withFlags)));
}
