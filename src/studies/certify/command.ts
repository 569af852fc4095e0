import type { Command } from "commander";
import { bosOption, MODEL, output, withSharedFlags } from "../../cli/flags/sharedFlags.ts";
import { commaList, seed, wholeNumber } from "../../cli/flags/values.ts";
import { onModel, studyCommand } from "../../cli/studyCommand.ts";
import { STUDIES } from "../registry.ts";
import type { CertifyOptions } from "./plan.ts";

type Flags = Pick<
  CertifyOptions,
  "alphabet" | "seqLen" | "bos" | "numExamples" | "rounds" | "seed"
> & { readonly heads?: readonly string[] | undefined };

export const command = studyCommand({
  name: "certify",
  description: "a proof of how much an induction head attends to its target, on all sequences",
  declare,
  request: async (flags: Flags, model: string) => {
    const { heads, alphabet, seqLen, bos, numExamples, rounds } = flags;
    const options = { heads, alphabet, seqLen, bos, numExamples, rounds, seed: flags.seed };
    return onModel(STUDIES.certify, model, options);
  },
});

function declare(command: Command): Command {
  const withFlags = command
    .argument("<model>", MODEL)
    .option(
      "--heads <list>",
      "heads of the second layer (default: the one that attends most to its target)",
      commaList,
    )
    .option(
      "--alphabet <n>",
      "tokens that sequences are made of: the first n ids (default all, if they are 64 at most)",
      wholeNumber,
    )
    .option("--seq-len <n>", "tokens in the two copies together, even (default 16)", wholeNumber)
    .addOption(bosOption())
    .option("--num-examples <n>", "random sequences beside the proof (default 1000)", wholeNumber)
    .option(
      "--rounds <n>",
      "rounds of the search for the least attention, 32 sequences each (default 100)",
      wholeNumber,
    )
    .option("--seed <n>", "seed of the search (default 0)", seed);
  return withSharedFlags(output(withFlags));
}
