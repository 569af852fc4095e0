import type { Command } from "commander";
import type { BosChoice } from "../../inputs/scoreInput.ts";
import { bosOption, MODEL, output, withSharedFlags } from "../../cli/flags/sharedFlags.ts";
import { commaList, integer, number, seed } from "../../cli/flags/values.ts";
import { onModel, studyCommand } from "../../cli/studyCommand.ts";
import { STUDIES } from "../registry.ts";

interface Flags {
  readonly tasks?: readonly string[] | undefined;
  readonly shots?: number | undefined;
  readonly numExamples?: number | undefined;
  readonly percent?: readonly number[] | undefined;
  readonly exclude?: number | undefined;
  readonly randomSets?: number | undefined;
  readonly seed?: number | undefined;
  readonly bos?: BosChoice | undefined;
}

export const command = studyCommand({
  name: "few-shot",
  description:
    "function-vector heads, and few-shot accuracy without these or without induction heads",
  declare,
  request: async (flags: Flags, model: string) => {
    const { tasks, shots, numExamples, percent, exclude, randomSets, seed, bos } = flags;
    const curves = { percent, exclude, randomSets };
    return onModel(STUDIES["few-shot"], model, {
      ...{ tasks, shots, numExamples, seed, bos },
      ...curves,
    });
  },
});

function declare(command: Command): Command {
  const withFlags = command
    .argument("<model>", MODEL)
    .option("--tasks <list>", "word tasks, as opposites,plurals (default all)", commaList)
    .option("--shots <n>", "examples before each question (default 10)", integer(2))
    .option("--num-examples <n>", "prompts of each task (default 20)", integer(1))
    .option(
      "--percent <list>",
      "shares of all heads that are ablated together (default 2,5,10,20)",
      (text) => commaList(text).map(number),
    )
    .option(
      "--exclude <x>",
      "per cent of all heads: so many of the best of one kind stay where the other goes (default 2)",
      number,
    )
    .option("--random-sets <n>", "random sets of each size (default 10)", integer(2))
    .option("--seed <n>", "seed of the prompts (default 0)", seed)
    .addOption(bosOption());
  return withSharedFlags(output(withFlags));
}
