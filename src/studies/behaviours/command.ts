import type { Command } from "commander";
import type { BosChoice } from "../../inputs/scoreInput.ts";
import { bosOption, MODEL, output, withSharedFlags } from "../../cli/flags/sharedFlags.ts";
import { readText } from "../../cli/flags/sequenceFlags.ts";
import { integer, commaList, seed } from "../../cli/flags/values.ts";
import { onModel, studyCommand } from "../../cli/studyCommand.ts";
import { STUDIES } from "../registry.ts";

interface Flags {
  readonly only?: readonly string[] | undefined;
  readonly numExamples?: number | undefined;
  readonly seed?: number | undefined;
  readonly bos?: BosChoice | undefined;
  readonly file?: string | undefined;
}

export const command = studyCommand({
  name: "behaviours",
  description: "what every head does of a list of behaviours, each on rows made for it",
  declare,
  request: async ({ file, ...options }: Flags, model: string) => {
    const { only, numExamples, seed, bos } = options;
    const texts = file === undefined ? undefined : [await readText(file, { empty: false })];
    return onModel(STUDIES.behaviours, model, { only, texts, numExamples, seed, bos });
  },
});

function declare(command: Command): Command {
  const withFlags = command
    .argument("<model>", MODEL)
    .option(
      "--only <list>",
      "behaviours to measure, as firstCopy,lastCopy (default all)",
      commaList,
    )
    .option("--file <file>", "a text, for copy suppression, and to hide needles in")
    .option("--num-examples <n>", "rows of each kind (default 40)", integer(1))
    .option("--seed <n>", "seed of the random tokens (default 0)", seed)
    .addOption(bosOption());
  return withSharedFlags(output(withFlags));
}
