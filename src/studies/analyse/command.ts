import type { Command } from "commander";
import { InputError } from "../../base/errors.ts";
import { bosOption, FOLDER_FIGURE, MODEL, withSharedFlags } from "../../cli/flags/sharedFlags.ts";
import { integer, seed, wholeNumber } from "../../cli/flags/values.ts";
import type { RowFlags } from "../../cli/flags/rowFlags.ts";
import type { Destination } from "../../cli/request.ts";
import { folderOfResult } from "../../cli/folderOfResult.ts";
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
    destination: ({ out, figure }) => analysisFolder(out?.[0] ?? FOLDER, figure),
  }),
});

function declare(command: Command): Command {
  const withFlags = command
    .argument("<model>", MODEL)
    .option("--out <folder>", `where everything goes (default: ${FOLDER})`, (folder) => [folder])
    .option("--figure <name>", FOLDER_FIGURE)
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

/** All files of the analysis, or none. A figure is of the part that has it: scores, or effects of heads. */
function analysisFolder(folder: string, figure: string | undefined): Destination<AnalyseResult> {
  return folderOfResult({
    ...{ study: "analyse", folder, figure },
    check: async () => (await import("./viewFiles.ts")).checkAnalysisFolder(folder),
    write: async (result, more) =>
      (await import("./viewFiles.ts")).writeAnalysis(result, folder, more),
    async views(result) {
      const { score, patching } = (await import("./view.ts")).analyseView(result).parts;
      return patching ? [score, patching] : [score];
    },
  });
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
