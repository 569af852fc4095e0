import { Option, type Command } from "commander";
import { InputError } from "../../base/errors.ts";
import {
  DESIGN_NAMES,
  PATH_METRICS,
  PATH_ROUTES,
  UNIT_NAMES,
  type DesignName,
  type MetricName,
  type PathMetric,
  type PathRoute,
  type UnitName,
} from "../../results/causalNames.ts";
import { rowOptions, type RowFlags } from "../../cli/flags/rowFlags.ts";
import { MODEL, rows, withSharedFlags } from "../../cli/flags/sharedFlags.ts";
import { integer, commaList, number, sets, wholeNumber } from "../../cli/flags/values.ts";
import type { CausalPrompt } from "../../inputs/causalPrompt.ts";
import type { Request } from "../../cli/request.ts";
import { onModel, studyCommand } from "../../cli/studyCommand.ts";
import { readCausalPrompts, readPair } from "../../cli/tokensFile.ts";
import { STUDIES } from "../registry.ts";

interface Flags extends RowFlags {
  readonly unit?: UnitName | undefined;
  readonly byPosition?: boolean | undefined;
  readonly byCell?: boolean | undefined;
  readonly heads?: readonly string[] | undefined;
  readonly mode?: "denoise" | "noise" | undefined;
  readonly metric?: PathMetric | undefined;
  readonly design?: DesignName | undefined;
  readonly raw?: boolean | undefined;
  readonly threshold?: number | undefined;
  readonly topK?: number | undefined;
  readonly fingerprint?: readonly string[] | undefined;
  readonly route?: PathRoute | undefined;
  readonly into?: readonly string[] | undefined;
  readonly from?: readonly (readonly string[])[] | undefined;
  readonly throughMlps?: boolean | undefined;
  readonly freezeNorm?: boolean | undefined;
  readonly attribution?: boolean | undefined;
  readonly screen?: number | undefined;
  readonly controls?: number | undefined;
  readonly clean?: string | undefined;
  readonly corrupted?: string | undefined;
  readonly answer?: string | undefined;
  readonly wrong?: string | undefined;
  readonly prompts?: string | undefined;
}

export const command = studyCommand({
  name: "patch",
  description: "activation patching: what each component carries of clean against corrupted runs",
  declare: (command) =>
    withSharedFlags(
      rows(
        promptFlags(attributionFlags(pathFlags(patchFlags(command)))),
        '{"clean": [[...]], "corrupted": [[...]], "period": S, "bos": true}',
      ),
    ),
  request: (flags: Flags, model: string): Promise<Request> => {
    if (flags.fingerprint !== undefined) return fingerprints(flags, flags.fingerprint, model);
    if (flags.route !== undefined) return paths(flags, model);
    if (flags.attribution || flags.screen !== undefined) return estimates(flags, model);
    return wholeValues(flags, model);
  },
});

/** Flags of one kind of patching alone, as they are written. */
const PATH_FLAGS = {
  into: "--into",
  from: "--from",
  throughMlps: "--through-mlps",
  freezeNorm: "--freeze-norm",
} as const;
const PATCH_FLAGS = {
  unit: "--unit",
  byPosition: "--by-position",
  byCell: "--by-cell",
  heads: "--heads",
  mode: "--mode",
  raw: "--raw",
  threshold: "--threshold",
  topK: "--top-k",
} as const;
const ATTRIBUTION_FLAGS = {
  attribution: "--attribution",
  screen: "--screen",
  controls: "--controls",
} as const;
const ROW_FLAGS = { metric: "--metric", design: "--design", tokens: "--tokens" } as const;

function patchFlags(command: Command): Command {
  return command
    .argument("<model>", MODEL)
    .addOption(
      new Option("--unit <name>", "what is patched (default head-out)").choices(UNIT_NAMES),
    )
    .option("--by-position", "patch each position by itself")
    .option("--by-cell", "patch each (query, key) of the patterns of --heads by itself")
    .option("--heads <heads>", "only these heads, as 1.2,5.5", commaList)
    .addOption(
      new Option(
        "--mode <name>",
        "clean values into the corrupted run, or the other way round (default denoise)",
      ).choices(["denoise", "noise"]),
    )
    .addOption(
      new Option("--metric <name>", "what is read (default log-probability)").choices(PATH_METRICS),
    )
    .addOption(
      new Option("--design <name>", "corrupted rows in place of A A (default BA)").choices(
        DESIGN_NAMES,
      ),
    )
    .option("--raw", "the metric of each run, no effects")
    .option(
      "--threshold <x>",
      "least effect in the list of important components (default .02)",
      number,
    )
    .option("--top-k <n>", "longest that list may be (default 10)", wholeNumber)
    .option(
      "--fingerprint <heads>",
      "the table of designs x parts of these heads, as 1.2,5.5",
      commaList,
    );
}

function pathFlags(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--route <name>",
        "follow single paths from earlier heads into queries, keys or values of --into, or into the logits",
      ).choices(PATH_ROUTES),
    )
    .option("--into <heads>", "heads that paths lead into, as 18.6,18.7", commaList)
    .option(
      "--from <heads>",
      "one path from these heads together; may repeat (default: each earlier head)",
      sets,
    )
    .option("--through-mlps", "MLPs between respond, other heads do not (default: direct paths)")
    .option("--freeze-norm", "the receivers' norm keeps its clean scale (default: recomputed)");
}

function attributionFlags(command: Command): Command {
  return command
    .option(
      "--attribution",
      "estimate all heads and paths from one gradient; approximate, and quick",
    )
    .option("--screen <n>", "run the n heads with the largest estimates exactly", integer(1))
    .option(
      "--controls <n>",
      "random other heads to run exactly beside them (default 10)",
      integer(0),
    );
}

function promptFlags(command: Command): Command {
  return command
    .option("--clean <text>", "a text of your own in place of random rows; the answer follows it")
    .option("--corrupted <text>", "the same text with something changed, of as many tokens")
    .option("--answer <token>", 'the token that follows the clean text, with its space: " Mary"')
    .option("--wrong <token>", 'the token to compare it with: " John" (then logit-difference)')
    .option(
      "--prompts <file>",
      'many of them: {"pairs": [{"clean": "...", "corrupted": "...", "answer": " ...", "wrong": " ..."}]}',
    );
}

const PROMPT_FLAGS = {
  clean: "--clean",
  corrupted: "--corrupted",
  answer: "--answer",
  wrong: "--wrong",
  prompts: "--prompts",
} as const;

/** The flags of one pair of texts, or the pairs of a file. */
async function promptsOf(flags: Flags): Promise<readonly CausalPrompt[] | undefined> {
  const { clean, corrupted, answer, wrong, prompts } = flags;
  const { prompts: _, ...flagsOfOne } = PROMPT_FLAGS;
  if (prompts !== undefined) {
    refuse(flags, flagsOfOne, "--prompts has all texts");
    return readCausalPrompts(prompts);
  }
  if ([clean, corrupted, answer, wrong].every((value) => value === undefined)) return undefined;
  if (clean !== undefined && corrupted !== undefined && answer !== undefined)
    return [{ clean, corrupted, answer, wrong }];
  throw new InputError("options", "a pair of texts needs --clean, --corrupted and --answer");
}

async function wholeValues(flags: Flags, model: string): Promise<Request> {
  refuse(flags, { controls: "--controls" }, "without --screen nothing is confirmed");
  refuse(flags, PATH_FLAGS, "without --route whole values are patched");
  const { unit, byPosition, byCell, heads, mode, metric, design, raw, threshold, topK } = flags;
  if (byPosition && byCell)
    throw new InputError(
      "options",
      "--by-cell patches (query, key), so --by-position cannot be used",
    );
  const what = { unit, byPosition, byCell, heads, mode, metric: wholeRunMetric(metric) };
  const pair = await pairOptions(flags);
  return onModel(STUDIES.patch, model, { ...pair, ...what, design, raw, threshold, topK });
}

/** @throws {InputError} "options" for the metric of paths alone */
function wholeRunMetric(metric: PathMetric | undefined): MetricName | undefined {
  if (metric === "induction-score")
    throw new InputError(
      "options",
      "--metric induction-score is for paths into heads (--route q, k or v)",
    );
  return metric;
}

/** All four designs and five parts, so what else is patched cannot be chosen. */
async function fingerprints(
  flags: Flags,
  heads: readonly string[],
  model: string,
): Promise<Request> {
  refuse(
    flags,
    {
      ...{ ...PATCH_FLAGS, ...ROW_FLAGS, ...PATH_FLAGS, ...ATTRIBUTION_FLAGS, ...PROMPT_FLAGS },
      route: "--route",
    },
    "--fingerprint patches every part under every design",
  );
  const { rows: _, ...input } = await rowOptions(flags, readPair); // no rows of a file: --tokens was refused
  return onModel(STUDIES.fingerprint, model, { ...input, heads });
}

/** Estimates; all units and paths, or those of a screen alone. */
async function estimates(flags: Flags, model: string): Promise<Request> {
  const { byPosition, byCell, heads, threshold } = PATCH_FLAGS;
  refuse(
    flags,
    { ...PATH_FLAGS, byPosition, byCell, heads, threshold },
    "--attribution estimates whole heads",
  );
  const { unit: unitFlag, mode, metric, design, raw, topK, screen, controls } = flags;
  const { HEAD_UNITS } = await import("../attribution/plan.ts");
  const unit = HEAD_UNITS.find((name) => name === (unitFlag ?? HEAD_UNITS[0]));
  if (!unit)
    throw new InputError(
      "options",
      `--attribution estimates ${HEAD_UNITS.join(", ")}, got --unit ${unitFlag}`,
    );
  return onModel(STUDIES.attribution, model, {
    ...(await pairOptions(flags)),
    units: screen !== undefined || unitFlag !== undefined ? [unit] : undefined,
    paths: flags.attribution && unitFlag === undefined ? true : undefined,
    ...{ mode, metric: wholeRunMetric(metric), design, raw, topK, screen, controls },
  });
}

async function paths(flags: Flags, model: string): Promise<Request> {
  refuse(flags, PATCH_FLAGS, "paths (--route) have no units");
  refuse(flags, ATTRIBUTION_FLAGS, "paths of one --route are patched, not estimated");
  const { route, into, from, metric, design, throughMlps, freezeNorm } = flags;
  return onModel(STUDIES.path, model, {
    ...(await pairOptions(flags)),
    ...{ route, into, from, metric, design },
    form: throughMlps ? "through-mlps" : undefined,
    norm: freezeNorm ? "frozen" : undefined,
  });
}

const RANDOM_FLAGS = {
  ...{ numExamples: "--num-examples", seqLen: "--seq-len", seed: "--seed" },
  ...{ tokens: "--tokens", design: "--design" },
} as const;

/** @throws {InputError} "options" for a design of corrupted rows beside rows or texts of the user's own */
async function pairOptions(flags: Flags) {
  const prompts = await promptsOf(flags);
  if (prompts) {
    refuse(flags, RANDOM_FLAGS, "texts of your own are the rows");
    return { prompts, bos: flags.bos };
  }
  if (flags.tokens !== undefined && flags.design !== undefined)
    throw new InputError(
      "options",
      "--tokens gives the corrupted rows, so it cannot be combined with --design",
    );
  return rowOptions(flags, readPair);
}

/** @throws {InputError} "options" if any of `refused` was given */
function refuse(
  flags: Flags,
  refused: Readonly<Partial<Record<keyof Flags, string>>>,
  why: string,
): void {
  const there = Object.entries(refused).flatMap(([key, flag]) =>
    flags[key as keyof Flags] === undefined ? [] : [flag],
  );
  if (there.length > 0)
    throw new InputError("options", `${why}, so ${there.join(", ")} cannot be used`);
}
