import { Option, type Command } from "commander";
import { ATTENTION_VALUES, type AttentionValue } from "../../results/causalNames.ts";
import { MODEL, output, sequences, withSharedFlags } from "../../cli/flags/sharedFlags.ts";
import { commaList, wholeNumber } from "../../cli/flags/values.ts";
import { sequenceInput, type SequenceFlags } from "../../cli/flags/sequenceFlags.ts";
import { onModel, studyCommand } from "../../cli/studyCommand.ts";
import { STUDIES } from "../registry.ts";

interface Flags extends SequenceFlags {
  readonly heads?: readonly string[] | undefined;
  readonly values?: AttentionValue | undefined;
}

export const command = studyCommand({
  name: "attention",
  description: "where heads attend on a text, token by token",
  declare,
  request: async (flags: Flags, model: string) => {
    const { heads, values } = flags;
    return onModel(STUDIES.attention, model, { ...(await sequenceInput(flags)), heads, values });
  },
});

function declare(command: Command): Command {
  const withFlags = command
    .argument("<model>", MODEL)
    .option(
      "--heads <list>",
      "heads such as 18.6,17.*; left out: the 4 that attend to what followed a repeat more than other queries do",
      commaList,
    )
    .addOption(
      new Option("--values <what>", "what is shown (default pattern)").choices(ATTENTION_VALUES),
    );
  return withSharedFlags(
    output(
      sequences(withFlags).option(
        "--num-examples <n>",
        "generated sequences (default 1)",
        wholeNumber,
      ),
    ),
  );
}
