import type { Command } from "commander";
import { InputError } from "../../base/errors.ts";
import { withoutUndefined } from "../../base/withoutUndefined.ts";
import { collectTexts } from "../../cli/flags/values.ts";
import type { TargetText } from "../../inputs/targetRows.ts";
import { MODEL, rows, withSharedFlags } from "../../cli/flags/sharedFlags.ts";
import { number, wholeNumber, wholeNumbers } from "../../cli/flags/values.ts";
import { rowOptions, type RowFlags } from "../../cli/flags/rowFlags.ts";
import { onModel, studyCommand } from "../../cli/studyCommand.ts";
import { STUDIES } from "../registry.ts";
import { readOwnTokens } from "../../cli/tokensFile.ts";

interface Flags extends RowFlags {
  readonly text?: readonly string[] | undefined;
  readonly answer?: readonly string[] | undefined;
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
    const texts = textsOf(flags);
    const rows = texts ? { bos: flags.bos, texts } : await rowOptions(flags, readOwnTokens);
    const of = centred ? "centred-logit" : "logit";
    return onModel(STUDIES.lens, model, { ...rows, threshold, topK, positions, of });
  },
});

const ROW_FLAGS = {
  tokens: "--tokens",
  numExamples: "--num-examples",
  seqLen: "--seq-len",
  seed: "--seed",
} as const;

/** @throws {InputError} "options" for texts beside rows, and for answers that do not belong to a text each */
function textsOf(flags: Flags): TargetText[] | undefined {
  const { text, answer } = flags;
  if (!text) {
    if (answer) throw new InputError("options", "--answer follows a --text, and there is none");
    return undefined;
  }
  const others = Object.entries(ROW_FLAGS).filter(
    ([key]) => flags[key as keyof Flags] !== undefined,
  );
  if (others.length > 0)
    throw new InputError(
      "options",
      `--text is read as it is, so ${others.map(([, name]) => name).join(", ")} cannot be used`,
    );
  if (answer && answer.length !== text.length)
    throw new InputError(
      "options",
      `needs an --answer for each --text, got ${answer.length} for ${text.length}`,
    );
  return text.map((entry, index) => withoutUndefined({ text: entry, answer: answer?.[index] }));
}

function declare(command: Command): Command {
  const withFlags = command
    .argument("<model>", MODEL)
    .option("--text <text>", "a text of your own in place of random rows; may repeat", collectTexts)
    .option(
      "--answer <token>",
      'the token that follows the text, with its space: " Mary" (default: the text\'s own next tokens)',
      collectTexts,
    )
    .option("--centred", "take the logit less the mean over the vocabulary")
    .option(
      "--threshold <x>",
      "probability at which a token counts as settled (default .5)",
      number,
    )
    .option(
      "--positions <list>",
      "positions to read, of the second copy or the text (default all)",
      wholeNumbers,
    )
    .option("--top-k <n>", "most likely tokens to list by layer (default 5)", wholeNumber);
  return withSharedFlags(rows(withFlags, '{"tokens": [[...]], "period": S, "bos": true}'));
}
