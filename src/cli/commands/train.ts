import { InvalidArgumentError, Option, type Command } from "commander";
import { defineCommand } from "../commandSpec.ts";
import { partFlags, type EngineFlags, type OutputFlags } from "../flags/partFlags.ts";
import { engine } from "../flags/sharedFlags.ts";
import { integer, commaList, number, seed } from "../flags/values.ts";
import type { TrainFlags } from "../training/trainRun.ts";

export const command = defineCommand({
  name: "train",
  description: "train a small model from a recipe, keep checkpoints, watch induction form",
  declare,
  carryOut: async (
    { threads = 1, ...flags }: EngineFlags & OutputFlags & TrainFlags,
    [run]: readonly [string],
  ) => {
    const { inFrame } = await import("../frame.ts");
    const { trainRun } = await import("../training/trainRun.ts");
    const { common, own } = partFlags<TrainFlags>({ ...flags, threads });
    process.stdout.write(await inFrame(common, (frame) => trainRun(frame, run, own)));
  },
});

function declare(command: Command): Command {
  const withFlags = command
    .argument("<run>", "folder of the run: recipe, log, checkpoints, state")
    .option("--recipe <file>", "recipe as JSON; the options below go over it")
    .option("--resume", "resume the run where it stopped, bit for bit");
  return engine(schedule(optimiser(data(model(withFlags)))));
}

function choice(flags: string, description: string, choices: readonly string[]): Option {
  return new Option(flags, description).choices(choices);
}

function model(command: Command): Command {
  return command
    .addOption(
      choice("--family <name>", "layout of the model (default transformer_lens)", [
        "transformer_lens",
        "llama",
        "mamba2",
        "t5",
      ]),
    )
    .option("--layers <n>", "layers (default 2)", integer(1))
    .option("--heads <n>", "heads of each layer (default 4)", integer(1))
    .option("--kv-heads <n>", "heads of keys and values, llama only (default: as many)", integer(1))
    .option("--states <n>", "mamba2: numbers in the state of a channel (default 32)", integer(1))
    .option("--width <n>", "entries of the residual stream (default 64)", integer(1))
    .option("--mlp <n>", "entries inside each MLP; 0: attention only (default 0)", integer(0))
    .addOption(
      choice("--activation <name>", "of the MLPs (default gelu_new)", [
        "relu",
        "gelu",
        "gelu_new",
        "silu",
      ]),
    )
    .addOption(
      choice("--positions <name>", "how tokens have places (default rotary)", [
        "learned",
        "shortformer",
        "rotary",
        "alibi",
        "relative",
      ]),
    )
    .addOption(choice("--norm <name>", "norm before each part (default LN)", ["LN", "RMS", "none"]))
    .option("--smeared-keys", "heads mix each key with the one before: one layer then suffices")
    .option("--tied", "the embedding serves as unembedding too")
    .addOption(
      choice("--biases <which>", "inner: all but the unembedding's (default inner)", [
        "all",
        "inner",
        "none",
      ]),
    )
    .option("--context <n>", "positions, and tokens in a row (default 64)", integer(1))
    .option("--vocabulary <n>", "token ids (default 64, or the text's characters)", integer(1));
}

function data(command: Command): Command {
  return command
    .addOption(
      choice("--data <kind>", "what rows are made of (default periodic)", [
        "repeated",
        "periodic",
        "bigram",
        "copied",
        "markov",
        "text",
      ]),
    )
    .option("--text <file>", "train on this text, one token per character")
    .option("--validation <share>", "text: last share to hold out (default .1)", number)
    .option("--period <n>", "repeated: tokens in the block (default half the context)", integer(1))
    .option("--min-period <n>", "periodic: shortest period (default 4)", integer(1))
    .option("--max-period <n>", "periodic: longest period (default half the context)", integer(1))
    .option("--successors <n>", "bigram: tokens that may follow a token (default 4)", integer(1))
    .option("--repeats <share>", "bigram: chance that a span comes back (default .1)", number)
    .option("--min-length <n>", "copied: fewest tokens to copy (default 4)", integer(1))
    .option(
      "--max-length <n>",
      "copied: most tokens to copy (default the context less one)",
      integer(1),
    )
    .option("--min-span <n>", "bigram: shortest span (default 4)", integer(1))
    .option("--max-span <n>", "bigram: longest span (default 16)", integer(1))
    .option("--symbols <n>", "markov: tokens that rows are made of (default 4)", integer(2));
}

function optimiser(command: Command): Command {
  return command
    .option("--learning-rate <x>", "highest learning rate (default .004)", number)
    .option("--warm-up <n>", "steps of linear rise (default 50)", integer(0))
    .option("--floor <share>", "share of the rate that the cosine ends at (default .1)", number)
    .option("--betas <a,b>", "AdamW: what is kept of running means (default .9,.99)", pair)
    .option("--eps <x>", "AdamW: added to the root (default 1e-8)", number)
    .option("--weight-decay <x>", "AdamW: of weights that multiply (default .01)", number)
    .option("--clip <x>", "longest gradient, or none (default 1)", clip);
}

function schedule(command: Command): Command {
  return command
    .option("--batch <n>", "rows of a step (default 32)", integer(1))
    .option("--steps <n>", "steps (default 1500)", integer(1))
    .option("--seed <n>", "seed of weights and data (default 0)", seed)
    .option("--log-every <n>", "steps between two lines of the log (default 50)", integer(1))
    .option(
      "--checkpoints <n>",
      "how many to keep, spaced on a log scale, or their steps as 0,100,1000 (default 20)",
      checkpoints,
    );
}

function pair(text: string): [number, number] {
  const parts = commaList(text).map(number);
  if (parts.length === 2) return parts as [number, number];
  throw new InvalidArgumentError("It needs two numbers, as .9,.99.");
}

function clip(text: string): number | "none" {
  return text === "none" ? text : number(text);
}

function checkpoints(text: string): number | number[] {
  const steps = commaList(text).map(integer(0));
  return steps.length === 1 ? steps[0]! : steps;
}
