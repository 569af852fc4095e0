/** @file Flags that several commands take, with one help text each. */
import { Option, type Command } from "commander";
import { DEVICES } from "../../base/devices.ts";
import { bosChoice, byteCount, collectTexts, integer, seed, wholeNumber } from "./values.ts";

export const MODEL =
  "a folder with config.json and weights, a .gguf or nanoGPT ckpt.pt, a hub id, zoo:NAME or planted:NAME";

export const QUIET = "nothing on standard error but errors";

/** Options of models that may come from the hub. */
export function fromHub(command: Command): Command {
  return command
    .option("--revision <name>", "branch, tag or commit of a hub model (default main)")
    .option("--offline", "ask nothing of the network; use what the cache has");
}

/** Which unembedding, where the configuration ties it and the files have one. `why` has a --head of its own. */
function headOption(): Option {
  return new Option(
    "--unembedding <which>",
    "where the configuration ties it and the files have another: theirs, or the embedding (default file)",
  ).choices(["file", "tied"]);
}

/** The declared architecture holds, although the configuration names code of its own. */
export function trustOption(): Option {
  return new Option(
    "--trust-architecture",
    "the configuration names code of its own (auto_map): read the model as its model_type all the same",
  );
}

/** How the files of a model are read. */
export function reading(command: Command): Command {
  return command
    .option("--base <model>", "what a LoRA adapter is merged into: a folder or a hub id")
    .option("--map <file>", "JSON with names and sizes of a checkpoint that has names of its own")
    .addOption(headOption())
    .addOption(trustOption());
}

/** How a GGUF is opened sooner the next time. */
export function keepingDecoded(command: Command): Command {
  return command.option(
    "--cache",
    "keep the decoded weights of a GGUF on disk, four to ten times its size: it opens in half the time and memory then",
  );
}

/** Options of every command that runs a model. */
export function withSharedFlags(command: Command): Command {
  const from = keepingDecoded(fromHub(command)).option(
    "--no-cache",
    "keep no finished steps on disk",
  );
  return engine(reading(from), "all cores")
    .option(
      "--memory <size>",
      "what the process may take, such as 2GB; a larger model runs in pieces (default: what is free)",
      byteCount,
    )
    .option(
      "--fast",
      "round products to 8 bits, on WebGPU to float16, which some do faster; says how far off they are",
    );
}

/** What computes, and whether it says how far it is. */
export function engine(command: Command, threads = "1"): Command {
  return command
    .option("--threads <n>", `threads of the engine (default: ${threads})`, integer(1))
    .addOption(
      new Option(
        "--device <name>",
        "what computes; auto: cpu, or what a short try on a large model found faster",
      )
        .choices(["auto", ...DEVICES])
        .default("auto"),
    )
    .option("--quiet", QUIET);
}

export function bosOption(): Option {
  return new Option(
    "--bos <when>",
    "begin rows with BOS: auto (random rows: on if the model has one; texts: as its tokenizer does), on, off, or an id",
  ).argParser(bosChoice);
}

export function seedsOption(): Option {
  return new Option(
    "--seeds <n>",
    "repeat with n seeds, from --seed on; the Result says what differs (default 1)",
  ).argParser(integer(1));
}

/** The rows of a causal study, and where its Result goes. */
export function rows(command: Command, form: string, examples = "16"): Command {
  const withRows = command
    .option("--num-examples <n>", `sequences (default ${examples})`, wholeNumber)
    .option("--seq-len <n>", "tokens in the two copies together, even (default 64)", wholeNumber)
    .option("--seed <n>", "seed of the random tokens (default 0)", seed)
    .addOption(bosOption())
    .option("--tokens <file>", `your own rows: ${form}`);
  return output(withRows);
}

/** The sequences of a study that looks at tokens one by one. */
export function sequences(command: Command): Command {
  return command
    .option("--text <text>", "a text; may repeat", collectTexts)
    .option("--file <file>", "a file of text")
    .option("--tokens <file>", 'token ids: {"tokens": [[...]]}')
    .option(
      "--seq-len <n>",
      "without text: tokens in two random copies together, even (default 64)",
      wholeNumber,
    )
    .option("--seed <n>", "seed of the random tokens (default 0)", seed)
    .addOption(bosOption());
}

/** Where a Result goes. */
export function output(command: Command): Command {
  return command
    .option("--out <file>", `write ${FORMATS}; may repeat`, collectTexts)
    .option("--figure <name>", FIGURE)
    .option("--title <text>", TITLE)
    .option("--json", "print the Result as JSON and nothing else");
}

/** What --out takes. */
export const FORMATS = ".png, .svg, .pdf, .html, .csv, .tex, .md or .json";

/** Of --figure; docs/figures.md has them all. */
export const FIGURE =
  "what --out files show in place of the study's own picture: scatter, maps, labels, curve, circuit, steps, map, table";

/** Of --figure, where the Result is a folder. */
export const FOLDER_FIGURE =
  "also one of these, as figure.svg, .png and .csv: scatter, maps, labels, circuit, map; table as .tex, .md and .csv";

/** Of --title. */
export const TITLE = "what pictures and pages are called";
