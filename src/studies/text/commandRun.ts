import { z } from "zod";
import { textView } from "./view.ts";
import { text } from "./text.ts";
import { given } from "../../cli/rowOptions.ts";
import { sequenceInput, type SequenceOptions } from "../../cli/sequenceOptions.ts";
import { runStudy, type StudyCommandOptions } from "../../cli/study.ts";
import { readTokens } from "../../cli/tokensFile.ts";

export interface TextCommandOptions extends StudyCommandOptions, SequenceOptions {
  readonly pairs?: string | undefined;
  readonly heads?: readonly string[] | undefined;
  readonly pieceLength?: number | undefined;
}

const pairsFile = z.object({
  pairs: z.array(z.object({ prompts: z.tuple([z.string(), z.string()]), target: z.string() })),
});
const FORM = '{"pairs": [{"prompts": ["...", "..."], "target": "..."}]}';

export async function textCommand(
  name: string,
  words: string | undefined,
  options: TextCommandOptions,
): Promise<void> {
  const { heads, pieceLength, seed, bos } = options;
  const texts = [...(words === undefined ? [] : [words]), ...(options.text ?? [])];
  const { seed: _, ...source } = options; // the seed is that of the random tokens beside the text
  const input = await sequenceInput(texts.length > 0 ? { ...source, text: texts } : source);
  const pairs =
    options.pairs === undefined
      ? undefined
      : (await readTokens(options.pairs, pairsFile, FORM)).pairs;
  const wanted = given({ pairs, heads, pieceLength, seed, bos });
  await runStudy(
    name,
    options,
    (model, backend, running) => text(model, { backend, ...input, ...wanted, ...running }),
    textView,
  );
}
