/** @file Which files of a repository a load needs, as data. */

import { PREPROCESSOR_FILES } from "../preprocessor.ts";
import { OLDER_FILES, SENTENCE_PIECE } from "../tokenizerFiles.ts";

/** Files to bring from a repository. An index (`*.index.json`) brings the shards that it names. */
export interface WantedFiles {
  /** Must be there. */
  readonly required: readonly string[];
  /** Taken if they are there. */
  readonly optional: readonly string[];
  /** The first that is there is taken; one must be, unless the list is empty. */
  readonly firstOf: readonly string[];
  /** Chosen by the files that are there, so that more files may change the choice. */
  readonly guessed?: boolean;
}

/** Files to bring, by the names of all that the repository has. */
export type WantedFrom = (names: readonly string[]) => WantedFiles;

/** Brought only where there is no tokenizer.json, which says what these say. */
const IN_TOKENIZER_JSON: readonly string[] = [SENTENCE_PIECE, ...OLDER_FILES];

export function wantedIn(choice: WantedFiles | WantedFrom, names: readonly string[]): WantedFiles {
  const files = typeof choice === "function" ? choice(names) : choice;
  if (!names.includes("tokenizer.json")) return files;
  return { ...files, optional: files.optional.filter((name) => !IN_TOKENIZER_JSON.includes(name)) };
}

const TOKENIZER = [
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.json",
  "merges.txt",
  ...IN_TOKENIZER_JSON,
  "generation_config.json",
];

/** A model with its tokenizer: safetensors where the repository has them, else the torch checkpoint. */
export const MODEL_FILES: WantedFiles = {
  required: ["config.json"],
  optional: [...TOKENIZER, ...PREPROCESSOR_FILES],
  firstOf: [
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
  ],
};

/** A tokenizer without its model. */
export const TOKENIZER_FILES: WantedFiles = { required: [], optional: TOKENIZER, firstOf: [] };

/** The files of these names, such as one GGUF. */
export function exactly(...names: readonly string[]): WantedFiles {
  return { required: names, optional: [], firstOf: [] };
}
