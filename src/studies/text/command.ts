import type { Command } from "commander";
import { bosOption, MODEL, output, withSharedFlags } from "../../cli/flags/sharedFlags.ts";
import { integer, commaList, seed } from "../../cli/flags/values.ts";
import { sequenceInput, type SequenceFlags } from "../../cli/flags/sequenceFlags.ts";
import { onModel, studyCommand } from "../../cli/studyCommand.ts";
import { STUDIES } from "../registry.ts";
import { readPromptPairs } from "../../cli/tokensFile.ts";

interface Flags extends SequenceFlags {
  readonly pairs?: string | undefined;
  readonly heads?: readonly string[] | undefined;
  readonly pieceLength?: number | undefined;
}

export const command = studyCommand({
  name: "text",
  description: "induction on the repeats of your own text, and on paired prompts",
  declare,
  request: async ({ seed, pairs, ...flags }: Flags, model: string, words: string | undefined) => {
    const { heads, pieceLength, bos } = flags; // the seed is that of the random tokens beside the text
    const text = words === undefined ? flags.text : [words];
    const input = await sequenceInput({ ...flags, text }, { textName: "a text" });
    const compared = pairs === undefined ? undefined : await readPromptPairs(pairs);
    const options = { ...input, pairs: compared, heads, pieceLength, seed, bos };
    return onModel(STUDIES.text, model, options);
  },
});

function declare(command: Command): Command {
  const withFlags = command
    .argument("<model>", MODEL)
    .argument("[text]", "a text")
    .option("--file <file>", "a file of text")
    .option("--tokens <file>", 'token ids: {"tokens": [[...]]}')
    .option("--piece-length <n>", "tokens in one piece of the text (default 256)", integer(8))
    .option(
      "--pairs <file>",
      'prompts to compare: {"pairs": [{"prompts": ["...", "..."], "target": "..."}]}',
    )
    .option(
      "--heads <list>",
      "heads to switch off in pairs (default those that do induction)",
      commaList,
    )
    .option("--seed <n>", "seed of the random tokens to compare with (default 0)", seed)
    .addOption(bosOption());
  return withSharedFlags(output(withFlags));
}
