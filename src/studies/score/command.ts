import type { Command } from "commander";
import {
  FIGURE,
  FORMATS,
  MODEL,
  TITLE,
  bosOption,
  seedsOption,
  withSharedFlags,
} from "../../cli/flags/sharedFlags.ts";
import { collectTexts, integer, number, seed } from "../../cli/flags/values.ts";
import { rowOptions, type RowFlags } from "../../cli/flags/rowFlags.ts";
import { onModel, studyCommand } from "../../cli/studyCommand.ts";
import { STUDIES } from "../registry.ts";
import { readOwnTokens } from "../../cli/tokensFile.ts";

interface Flags extends RowFlags {
  readonly lossExamples?: number | "all" | undefined;
  readonly precision?: number | "auto" | undefined;
  readonly seeds?: number | undefined;
}

export const command = studyCommand({
  name: "score",
  description:
    "score every head of a model on repeated random tokens; print the best and draw the head map",
  declare,
  request: async (flags: Flags, model: string) => {
    const { lossExamples, precision, seeds } = flags;
    const rows = await rowOptions(flags, readOwnTokens);
    const options = { ...rows, lossExamples, precision, seeds };
    return { ...onModel(STUDIES.score, model, options), picture: "output/induction_scores.png" };
  },
});

function declare(command: Command): Command {
  const withFlags = command
    .argument("[model]", MODEL, "zoo:attn-2l")
    .option("--num-examples <n>", "sequences to measure (default 100)", integer(1))
    .option(
      "--precision <w>",
      "draw sequences until all heads' scores are within w at once, 95 %; --num-examples is the most (default 400); auto: .02 for the best heads, at most 100",
      precision,
    )
    .option(
      "--seq-len <n>",
      "tokens in the two copies together, even (default 64, less if the model has no room)",
      integer(6),
    )
    .option("--seed <n>", "seed of the random tokens (default 0)", seed)
    .addOption(seedsOption())
    .addOption(bosOption())
    .option(
      "--loss-examples <n>",
      "sequences that also give losses: a number, all, or 0 (default 10)",
      lossExamples,
    )
    .option("--tokens <file>", 'measure these rows: {"tokens": [[...]], "period": S, "bos": true}')
    .option(
      "--out <file>",
      `write ${FORMATS}; may repeat (default output/induction_scores.png)`,
      collectTexts,
    )
    .option("--figure <name>", FIGURE)
    .option("--title <text>", TITLE)
    .option("--json", "print the Result as JSON and nothing else");
  return withSharedFlags(withFlags);
}

function precision(text: string): number | "auto" {
  return text === "auto" ? "auto" : number(text);
}

function lossExamples(text: string): number | "all" {
  return text === "all" ? "all" : integer(0)(text);
}
