import type { Command } from "commander";
import { InputError } from "../../base/errors.ts";
import { bosOption, MODEL, withSharedFlags } from "../../cli/flags/sharedFlags.ts";
import { integer, seed, wholeNumber } from "../../cli/flags/values.ts";
import type { RowFlags } from "../../cli/flags/rowFlags.ts";
import type { Destination } from "../../cli/request.ts";
import { onModel, studyCommand } from "../../cli/studyCommand.ts";
import { STUDIES } from "../registry.ts";
import type { AnalyseResult } from "./result.ts";

interface Flags extends RowFlags {
  readonly screen?: number | undefined;
  readonly allHeads?: boolean | undefined;
}

const FOLDER = "output/analysis";

export const command = studyCommand({
  name: "analyse",
  description: "induction test, patch scan, attention and lens, all of it into one folder",
  declare,
  request: async (flags: Flags, model: string) => ({
    ...onModel(STUDIES.analyse, model, { ...rowsOf(flags), screen: screenOf(flags) }),
    destination: ([folder = FOLDER] = []) => folderDestination(folder),
  }),
});

function declare(command: Command): Command {
  const withFlags = command
    .argument("<model>", MODEL)
    .option("--out <folder>", `where everything goes (default: ${FOLDER})`, (folder) => [folder])
    .option(
      "--num-examples <n>",
      "sequences of each study (default 10 to 100, by its cost)",
      wholeNumber,
    )
    .option("--seq-len <n>", "tokens in the two copies together, even (default 32)", wholeNumber)
    .option("--seed <n>", "seed of the random tokens (default 0)", seed)
    .addOption(bosOption())
    .option(
      "--screen <n>",
      "patch the n heads with the largest estimates exactly (default 20 if there are more than 64 heads)",
      integer(1),
    )
    .option("--all-heads", "patch every head exactly, however many there are")
    .option("--json", "print the Result as JSON and nothing else");
  return withSharedFlags(withFlags);
}

/** All files of the analysis, or none. */
function folderDestination(folder: string): Destination<AnalyseResult> {
  return {
    check: async () => (await import("./viewFiles.ts")).checkAnalysisFolder(folder),
    write: async (result, done) => {
      const files = await (await import("./viewFiles.ts")).writeAnalysis(result, folder);
      done(`wrote ${folder}: ${files.join(", ")}`);
    },
  };
}

const rowsOf = ({ numExamples, seqLen, seed, bos }: RowFlags) => ({
  ...{ numExamples, seqLen, seed, bos },
});

/** @throws {InputError} "options" for both a number and all heads */
function screenOf({ screen, allHeads = false }: Flags): number | "all" | undefined {
  if (screen !== undefined && allHeads)
    throw new InputError("options", "--screen runs some heads and --all-heads all; give one");
  return allHeads ? "all" : screen;
}
