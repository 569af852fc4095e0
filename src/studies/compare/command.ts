import { Option, type Command } from "commander";
import { MODEL, rows, withSharedFlags } from "../../cli/flags/sharedFlags.ts";
import { rowOptions, type RowFlags } from "../../cli/flags/rowFlags.ts";
import { number } from "../../cli/flags/values.ts";
import type { Frame } from "../../cli/frame.ts";
import { studyCommand } from "../../cli/studyCommand.ts";
import { readOwnTokens } from "../../cli/tokensFile.ts";
import { STUDIES } from "../registry.ts";
import type { ComparedSource } from "./compare.ts";
import type { CompareOptions } from "./plan.ts";

interface Flags extends RowFlags {
  readonly verdicts?: "none" | "quick" | "full" | undefined;
  readonly separateRows?: boolean | undefined;
  readonly margin?: number | undefined;
  readonly effectMargin?: number | undefined;
  readonly level?: number | undefined;
}

export const command = studyCommand({
  name: "compare",
  description: "how models differ, head by head on the same rows, and which of their heads match",
  declare,
  request: async (flags: Flags, first: string, others: readonly string[]) => {
    const { verdicts, separateRows, margin, effectMargin, level } = flags;
    const options = {
      ...(await rowOptions(flags, readOwnTokens)),
      ...{ verdicts, separateRows, margin, effectMargin, level },
    };
    return {
      study: STUDIES.compare,
      run: (frame) => compareNamed(frame, [first, ...others], options),
    };
  },
});

function declare(command: Command): Command {
  const withFlags = command
    .argument("<first>", `${MODEL}; what the others are compared with`)
    .argument("<other...>", "one or more models; a hub id may be ID@REVISION")
    .addOption(
      new Option(
        "--verdicts <extent>",
        "verdicts of every model, to compare labels, flags and circuits (default none)",
      ).choices(["none", "quick", "full"]),
    )
    .option("--separate-rows", "every model draws rows of its own, from seed, seed + 1, ...")
    .option("--margin <a>", "difference of attention that counts as none (default 0.01)", number)
    .option(
      "--effect-margin <logits>",
      "difference of direct effect that counts as none (default 0.05)",
      number,
    )
    .option("--level <rate>", "false-discovery rate (default 0.05)", number);
  return withSharedFlags(rows(withFlags, '{"tokens": [[...]], "period": S, "bos": true}', "50"));
}

async function compareNamed(frame: Frame, names: readonly string[], options: CompareOptions) {
  const { compareInTurn } = await import("./compare.ts");
  const { signal, progress } = frame;
  const backend = await frame.openEngine();
  const sources = await Promise.all(names.map((name) => sourceOf(frame, name)));
  return compareInTurn(sources, { ...options, backend, signal, progress });
}

/** A model by name; a branch is resolved once, so that both openings are of one commit. */
async function sourceOf(frame: Frame, typed: string): Promise<ComparedSource> {
  const { splitTypedRevision } = await import("../../cli/splitTypedRevision.ts");
  const { name, revision } = await splitTypedRevision(typed);
  let commit = revision;
  return {
    async open(factsOnly) {
      const model = await frame.openModel(name, { revision: commit, factsOnly });
      commit = model.revision ?? undefined;
      return { ...model, id: typed };
    },
  };
}
