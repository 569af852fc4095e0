/** @file The commands of the causal studies, their options and their help. */
import { InvalidArgumentError, Option, type Command } from "commander";
import {
  ABLATION_KINDS,
  DESIGN_NAMES,
  PATH_METRICS,
  PATH_ROUTES,
  UNIT_NAMES,
} from "../results/causalNames.ts";
import type { AblateCommandOptions } from "./ablate.ts";
import type { CircuitCommandOptions } from "./circuit.ts";
import type { LensCommandOptions } from "./lens.ts";
import type { PatchCommandOptions } from "./patch.ts";

/** What carries these commands out. */
export interface StudyCommands {
  readonly patch: (model: string, options: PatchCommandOptions) => Promise<void>;
  readonly ablate: (model: string, options: AblateCommandOptions) => Promise<void>;
  readonly lens: (model: string, options: LensCommandOptions) => Promise<void>;
  readonly circuit: (model: string, options: CircuitCommandOptions) => Promise<void>;
}

/** Adds options that other commands have too. */
type Share = (command: Command) => Command;

export function addStudies(
  program: Command,
  commands: StudyCommands,
  model: string,
  shared: Share,
): void {
  addPatch(program, commands.patch, model, shared);
  addAblate(program, commands.ablate, model, shared);
  addLens(program, commands.lens, model, shared);
  addCircuit(program, commands.circuit, model, shared);
}

function addPatch(
  program: Command,
  action: StudyCommands["patch"],
  model: string,
  shared: Share,
): void {
  const command = program
    .command("patch")
    .description("activation patching: what each component carries of clean against corrupted runs")
    .argument("<model>", model)
    .addOption(
      new Option("--unit <name>", "what is patched (default head-out)").choices(UNIT_NAMES),
    )
    .option("--by-position", "patch each position by itself")
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
      listed,
    )
    .addOption(
      new Option(
        "--route <name>",
        "follow single paths from earlier heads into queries, keys or values of --into, or into the logits",
      ).choices(PATH_ROUTES),
    )
    .option("--into <heads>", "heads that paths lead into, as 18.6,18.7", listed)
    .option(
      "--from <heads>",
      "one path from these heads together; may repeat (default: each earlier head)",
      sets,
    )
    .option("--through-mlps", "MLPs between respond, other heads do not (default: direct paths)")
    .option("--freeze-norm", "the receivers' norm keeps its clean scale (default: recomputed)");
  shared(
    rows(command, '{"clean": [[...]], "corrupted": [[...]], "period": S, "bos": true}'),
  ).action(action);
}

function addAblate(
  program: Command,
  action: StudyCommands["ablate"],
  model: string,
  shared: Share,
): void {
  const command = program
    .command("ablate")
    .description("the losses of both copies without heads: each alone, sets, exact patterns")
    .argument("<model>", model)
    .addOption(
      new Option("--kind <name>", "what a head's output becomes (default mean)").choices(
        ABLATION_KINDS,
      ),
    )
    .option("--set <heads>", "ablate these together, as 18.6,18.7; may repeat", sets)
    .option("--given <heads>", "ablate these in every run", listed)
    .option("--idealise <heads>", "put exact patterns in place of these heads' own", listed)
    .option("--each-head", "each head alone, beside sets and patterns");
  shared(
    rows(command, '{"tokens": [[...]], "period": S, "bos": true, "reference": [[...]]}'),
  ).action(action);
}

function addLens(
  program: Command,
  action: StudyCommands["lens"],
  model: string,
  shared: Share,
): void {
  const command = program
    .command("lens")
    .description("what each layer would predict, and what each part adds to the target's logit")
    .argument("<model>", model)
    .option("--centred", "take the logit less the mean over the vocabulary")
    .option(
      "--threshold <x>",
      "probability at which a token counts as settled (default .5)",
      number,
    )
    .option("--top-k <n>", "most likely tokens to list by layer (default 5)", wholeNumber);
  shared(rows(command, '{"tokens": [[...]], "period": S, "bos": true}')).action(action);
}

function addCircuit(
  program: Command,
  action: StudyCommands["circuit"],
  model: string,
  shared: Share,
): void {
  const command = program
    .command("circuit")
    .description("composition, copying and matching of heads from the weights alone")
    .argument("<model>", model)
    .option("--top-pairs <n>", "strongest pairs to list by route (default 10)", wholeNumber);
  shared(output(command)).action(action);
}

/** Rows, and where the Result goes. */
function rows(command: Command, form: string): Command {
  const withRows = command
    .option("--num-examples <n>", "sequences (default 16)", wholeNumber)
    .option("--seq-len <n>", "tokens in the two copies together, even (default 64)", wholeNumber)
    .option("--seed <n>", "seed of the random tokens (default 0)", wholeNumber)
    .addOption(
      new Option(
        "--bos <when>",
        "begin rows with BOS: auto is on if the model declares one",
      ).choices(["auto", "on", "off"]),
    )
    .option("--tokens <file>", `your own rows: ${form}`);
  return output(withRows);
}

function output(command: Command): Command {
  return command
    .option(
      "--out <file>",
      "write .png, .svg, .html, .csv or .json; may repeat",
      (file: string, before: readonly string[] = []) => [...before, file],
    )
    .option("--json", "print the Result as JSON and nothing else");
}

function listed(text: string): string[] {
  return text.split(",").map((name) => name.trim());
}

function sets(text: string, before: readonly string[][] = []): string[][] {
  return [...before, listed(text)];
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new InvalidArgumentError(`needs a number, got ${text}.`);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^[+-]?\d+$/.test(text.trim()) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError(`needs a whole number, got ${text}.`);
}
