import { dirname, isAbsolute, join } from "node:path";
import type { Command } from "commander";
import { InputError } from "../../base/errors.ts";
import { MODEL, bosOption, output, withSharedFlags } from "../../cli/flags/sharedFlags.ts";
import { integer, wholeNumber } from "../../cli/flags/values.ts";
import type { RowFlags } from "../../cli/flags/rowFlags.ts";
import { readResult } from "../../cli/readResult.ts";
import type { Request } from "../../cli/request.ts";
import { onModel, studyCommand } from "../../cli/studyCommand.ts";
import { textIn } from "../../cli/userFile.ts";
import { STUDIES } from "../registry.ts";
import type { VerdictResult } from "../verdict/result.ts";
import type { CheckResult, Outcome } from "./result.ts";
import type { Rules } from "./rulesFile.ts";

interface Flags extends Omit<RowFlags, "tokens"> {
  readonly rules: string;
  readonly limit?: number | undefined;
  readonly quick?: boolean | undefined;
  readonly junit?: string | undefined;
  readonly github?: boolean | undefined;
}

const EXIT_CODES: Readonly<Record<Outcome, number>> = { holds: 0, fails: 1, undecided: 4 };

export const command = studyCommand({
  name: "check",
  description:
    "a gate: whether a model keeps rules; exit code 0 it does, 1 it does not, 4 undecided",
  declare,
  request: async (flags: Flags, model: string): Promise<Request<CheckResult>> => {
    const { rules: file, junit, github = false, ...own } = flags;
    const { rulesFrom } = await import("./rulesFile.ts");
    const rules = await rulesFrom(await textIn(file, "the rules"), file);
    const baselines = await baselinesOf(rules, file);
    const { githubAnnotations } = await import("./viewForCi.ts");
    const { resultFilesWithJunit } = await import("./commandFiles.ts");
    return {
      ...onModel(STUDIES.check, model, { ...own, rules, baselines, file }),
      ...(github && { after: githubAnnotations }),
      exitCode: ({ outcome }) => EXIT_CODES[outcome],
      destination: (output) => resultFilesWithJunit(output, junit),
    };
  },
});

function declare(command: Command): Command {
  const withFlags = command
    .argument("<model>", MODEL)
    .requiredOption("--rules <file>", "the rules, YAML or JSON")
    .option("--num-examples <n>", "rows to begin with (default 20)", integer(10))
    .option("--limit <n>", "most rows for a rule that is undecided (default 160)", integer(10))
    .option("--seq-len <n>", "tokens in the two copies together, even (default 64)", wholeNumber)
    .option("--seed <n>", "seed of the random tokens (default 0)", wholeNumber)
    .addOption(bosOption())
    .option("--quick", "quick verdicts for rules about labels")
    .option("--junit <file>", "write JUnit XML")
    .option(
      "--github",
      "print annotations that GitHub Actions show; with --json on standard error",
    );
  return withSharedFlags(output(withFlags));
}

/** The verdicts that rules compare with, from files beside the rules. */
async function baselinesOf(
  { rules }: Rules,
  file: string,
): Promise<Readonly<Record<string, VerdictResult>>> {
  const names = rules.flatMap(({ rule }) => (rule.kind === "same" ? [rule.file] : []));
  const { verdictResult } = await import("../verdict/result.ts");
  const all: Record<string, VerdictResult> = {};
  for (const name of new Set(names)) {
    const path = isAbsolute(name) ? name : join(dirname(file), name);
    const read = verdictResult.safeParse(await readResult(path));
    if (!read.success)
      throw new InputError(
        "rules",
        `${path} is not a Result of verdict, which ${file} compares with`,
      );
    all[name] = read.data;
  }
  return all;
}
