import type { Command } from "commander";
import { InputError } from "../../base/errors.ts";
import { MODEL, bosOption, output, withSharedFlags } from "../../cli/flags/sharedFlags.ts";
import { seed, wholeNumber } from "../../cli/flags/values.ts";
import { onModel, studyCommand } from "../../cli/studyCommand.ts";
import { readRows } from "../../cli/tokensFile.ts";
import { mediaFileAt } from "../../cli/userFile.ts";
import type { BosChoice } from "../../inputs/scoreInput.ts";
import { STUDIES } from "../registry.ts";

interface Flags {
  readonly image?: string | undefined;
  readonly otherImage?: string | undefined;
  readonly text?: string | undefined;
  readonly tokens?: string | undefined;
  readonly answer?: number | string | undefined;
  readonly foil?: number | string | undefined;
  readonly topHeads?: number | undefined;
  readonly numExamples?: number | undefined;
  readonly seqLen?: number | undefined;
  readonly seed?: number | undefined;
  readonly bos?: BosChoice | undefined;
}

export const command = studyCommand({
  name: "image",
  description: "what heads make of an image beside text: where they look, and which carry it",
  declare,
  request: async ({ image, otherImage, text, tokens, ...flags }: Flags, model: string) => {
    if (text !== undefined && tokens !== undefined)
      throw new InputError("options", "--text cannot be combined with --tokens");
    const rows = tokens === undefined ? undefined : await readRows(tokens);
    return onModel(STUDIES.image, model, {
      ...flags,
      image: image === undefined ? undefined : mediaFileAt(image),
      otherImage: otherImage === undefined ? undefined : mediaFileAt(otherImage),
      text: rows?.[0] ?? text,
    });
  },
});

function declare(command: Command): Command {
  const withFlags = command
    .argument("<model>", MODEL)
    .option("--image <file>", "a PNG or JPEG file (default: noise)")
    .option("--other-image <file>", "what the image is exchanged for (default: other noise)")
    .option(
      "--text <text>",
      "the text beside it, which may say by the image's token where the image stands (default: random tokens)",
    )
    .option("--tokens <file>", 'the text as ids: {"tokens": [[...]]}')
    .option(
      "--answer <token>",
      "a text of one token, or an id (default: what the model says)",
      token,
    )
    .option(
      "--foil <token>",
      "what the answer is compared with (default: what it says beside the other image)",
      token,
    )
    .option("--top-heads <n>", "heads that are listed and drawn (default 4)", wholeNumber)
    .option("--num-examples <n>", "rows that repeat (default 16)", wholeNumber)
    .option("--seq-len <n>", "tokens of their text, in two copies, even (default 64)", wholeNumber)
    .option("--seed <n>", "seed of random tokens and noise (default 0)", seed)
    .addOption(bosOption());
  return withSharedFlags(output(withFlags));
}

function token(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text;
}
