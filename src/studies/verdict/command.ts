import type { Command } from "commander";
import { MODEL, rows, seedsOption, withSharedFlags } from "../../cli/flags/sharedFlags.ts";
import { rowOptions, type RowFlags } from "../../cli/flags/rowFlags.ts";
import { readText } from "../../cli/flags/sequenceFlags.ts";
import { onModel, studyCommand } from "../../cli/studyCommand.ts";
import { STUDIES } from "../registry.ts";
import { readVerdictTokens } from "../../cli/tokensFile.ts";

interface Flags extends RowFlags {
  readonly quick?: boolean | undefined;
  readonly matters?: boolean | undefined;
  readonly seeds?: number | undefined;
  /** A file. */
  readonly text?: string | undefined;
}

export const command = studyCommand({
  name: "verdict",
  description: "what each head is, with the evidence side by side, and the circuit",
  declare,
  request: async (flags: Flags, model: string) => {
    const rows = await rowOptions(flags, readVerdictTokens);
    const texts = flags.text === undefined ? undefined : [await readText(flags.text)];
    return onModel(STUDIES.verdict, model, {
      ...rows,
      quick: flags.quick,
      matters: flags.matters,
      seeds: flags.seeds,
      texts,
    });
  },
});

function declare(command: Command): Command {
  const withFlags = command
    .argument("<model>", MODEL)
    .option("--quick", "fewer sequences and null heads; the Result says what was left out")
    .option("--matters", "also which heads matter for the copy gain, by Shapley values")
    .option("--text <file>", "a file of text: the same heads on the repeats that it has")
    .addOption(seedsOption());
  return withSharedFlags(
    rows(
      withFlags,
      '{"tokens": [[...]], "period": S, "bos": true, "corrupted": [[...]], "reference": [[...]]}',
      "20, of which 16 in causal runs; quick: 14 and 10",
    ),
  );
}
