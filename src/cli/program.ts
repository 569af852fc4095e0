/** @file All commands, their options and their help. What they do comes from outside, so that help is quick. */
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { VERSION } from "../base/version.ts";
import type { AuditCommandOptions } from "./audit.ts";
import type { ScoreCommandOptions } from "./score.ts";
import type { RunCommandOptions } from "./run.ts";
import type { ScorePatternsCommandOptions } from "./scorePatterns.ts";
import { addStudies, type StudyCommands } from "./studyCommands.ts";
import type { TokensCommandOptions } from "./tokens.ts";

/** What carries the commands out. */
export interface Commands extends StudyCommands {
  readonly score: (model: string, options: ScoreCommandOptions) => Promise<void>;
  readonly run: (model: string, options: RunCommandOptions) => Promise<void>;
  readonly audit: (model: string | undefined, options: AuditCommandOptions) => Promise<void>;
  readonly scorePatterns: (file: string, options: ScorePatternsCommandOptions) => Promise<void>;
  readonly tokens: (model: string, text: string, options: TokensCommandOptions) => Promise<void>;
  readonly cache: (action: string, target: string | undefined) => Promise<void>;
}

export function buildProgram(commands: Commands): Command {
  const program = new Command("induction-lens")
    .description("Find the induction heads of a transformer, and prove them.")
    .version(VERSION)
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText("after", EPILOG);
  addScore(program, commands.score);
  addRun(program, commands.run);
  addStudies(program, commands, MODEL, shared);
  addAudit(program, commands.audit);
  addScorePatterns(program, commands.scorePatterns);
  addTokens(program, commands.tokens);
  addCache(program, commands.cache);
  return program;
}

function addScore(program: Command, action: Commands["score"]): void {
  const command = program
    .command("score")
    .description(
      "score every head of a model on repeated random tokens; print the best and draw the head map",
    )
    .argument("[model]", MODEL, "planted:induction")
    .option("--num-examples <n>", "sequences to measure (default 100)", integer(1))
    .option(
      "--seq-len <n>",
      "tokens in the two copies together, even (default 64, less if the model has no room)",
      integer(6),
    )
    .option("--seed <n>", "seed of the random tokens (default 0)", integer(-(2 ** 31)))
    .addOption(
      new Option(
        "--bos <when>",
        "begin rows with BOS: auto is on if the model declares one",
      ).choices(["auto", "on", "off"]),
    )
    .option(
      "--loss-examples <n>",
      "sequences that also give losses: a number, all, or 0 (default 10)",
      lossExamples,
    )
    .option("--tokens <file>", 'measure these rows: {"tokens": [[...]], "period": S, "bos": true}')
    .option(
      "--out <file>",
      "write .png, .svg, .html, .csv or .json; may repeat (default output/induction_scores.png)",
      collected,
    )
    .option("--json", "print the Result as JSON and nothing else");
  shared(command).action(action);
}

function addRun(program: Command, action: Commands["run"]): void {
  const command = program
    .command("run")
    .description("run a model on your tokens and save any named values as safetensors")
    .argument("<model>", MODEL)
    .requiredOption("--tokens <file>", 'rows to run, as they are: {"tokens": [[...]]}')
    .requiredOption(
      "--capture <names>",
      "values to save: names or globs with *, separated by commas; logits too",
      (text) => text.split(","),
    )
    .requiredOption("--out <file>", "the safetensors file to write");
  shared(command).action(action);
}

function addAudit(program: Command, action: Commands["audit"]): void {
  const command = program
    .command("audit")
    .description("what every way of scoring attention makes of ideal heads, and what it confuses")
    .argument("[model]", `whose BOS and context to follow: ${MODEL}`)
    .option("--seq-len <n>", "tokens in the two copies together, even (default 64)", integer(8))
    .addOption(
      new Option("--bos <when>", "begin with BOS: auto is on if the model declares one").choices([
        "auto",
        "on",
        "off",
      ]),
    )
    .option("--out <file>", "write .png, .svg, .html, .csv or .json; may repeat", collected)
    .option("--json", "print the Result as JSON and nothing else")
    .option("--quiet", "nothing on standard error");
  fromHub(command).allowExcessArguments(false).action(action);
}

function addScorePatterns(program: Command, action: Commands["scorePatterns"]): void {
  program
    .command("score-patterns")
    .description("score attention that was computed elsewhere: encoders, T5 and vision too")
    .argument("<file>", ".safetensors or .npz: [layer, batch, head, query, key], or one per layer")
    .requiredOption(
      "--tokens <file>",
      'whose attention it is: {"tokens": [[...]]}; "period" and "bos" if they repeat, "keyTokens" for cross',
    )
    .addOption(
      new Option("--mask <kind>", "what queries may see")
        .choices(["causal", "none", "cross"])
        .default("causal"),
    )
    .option("--arrays <glob>", "only the arrays whose name fits, such as 'decoder_attentions.*'")
    .option("--out <file>", "write .png, .svg, .html, .csv or .json; may repeat", collected)
    .option("--json", "print the Result as JSON and nothing else")
    .option("--quiet", "nothing on standard error")
    .allowExcessArguments(false)
    .action(action);
}

function addTokens(program: Command, action: Commands["tokens"]): void {
  const command = program
    .command("tokens")
    .description("show what a model's tokenizer makes of a text: ids, pieces, UTF-8 byte ranges")
    .argument("<model>", MODEL)
    .argument("<text>", "the text, in quotes")
    .option("--json", "print JSON and nothing else");
  fromHub(command).allowExcessArguments(false).action(action);
}

function addCache(program: Command, action: Commands["cache"]): void {
  program
    .command("cache")
    .description("the download cache, shared with Python: list, verify [model], remove <model>")
    .addArgument(new Argument("<action>", "what to do").choices(["list", "verify", "remove"]))
    .argument("[model]", "an id, id@revision or the first digits of a commit")
    .allowExcessArguments(false)
    .action(action);
}

const MODEL =
  "a folder with config.json and weights, a .gguf or nanoGPT ckpt.pt, a hub id, or planted:NAME";

const EPILOG = `
Examples:
  induction-lens score                                   the embedded model, picture in output/induction_scores.png
  induction-lens score ./my-model --num-examples 200     a checkpoint in a folder
  induction-lens score gpt2 --json > scores.json          a hub model
  induction-lens tokens ./model.gguf "one two one two"
  induction-lens run ./my-model --tokens tokens.json --capture "blocks.*.attn.hook_pattern" --out patterns.safetensors

Exit codes: 0 fine, 2 bad use or bad input, 3 not able to finish, 130 interrupted (143 by SIGTERM).`;

/** Options of models that may come from the hub. */
function fromHub(command: Command): Command {
  return command
    .option("--revision <name>", "branch, tag or commit of a hub model (default main)")
    .option("--offline", "ask nothing of the network; use what the cache has");
}

/** Options that every command takes that runs a model. */
function shared(command: Command): Command {
  return fromHub(command)
    .option("--no-cache", "keep no decoded weights on disk (GGUF)")
    .option("--threads <n>", "threads of the engine (default: all cores)", integer(1))
    .addOption(
      new Option("--device <name>", "what computes; auto is cpu")
        .choices(["auto", "cpu", "wasm", "webgpu"])
        .default("auto"),
    )
    .option("--quiet", "no progress on standard error")
    .allowExcessArguments(false);
}

function integer(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^[+-]?\d+$/.test(text.trim()) && Number.isSafeInteger(value) && value >= least)
      return value;
    throw new InvalidArgumentError(`needs a whole number from ${least} on, got ${text}.`);
  };
}

function lossExamples(text: string): number | "all" {
  return text === "all" ? "all" : integer(0)(text);
}

function collected(file: string, before: readonly string[] = []): string[] {
  return [...before, file];
}
