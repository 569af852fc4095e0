/** @file The tokenizer of a Hugging Face folder. Node only. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Tokenizer } from "../text/tokenizer/tokenizer.ts";
import { textTokenizer, type FolderText } from "./tokenizerFiles.ts";

/** tokenizer.json, or else vocab.json with merges.txt; null if the folder has neither. */
export function folderTokenizer(folder: string): Promise<Tokenizer | null> {
  return textTokenizer(folderText(folder), join(folder, "tokenizer.json"));
}

/** Reads files of the folder. */
export function folderText(folder: string): FolderText {
  return (name) => readFile(join(folder, name), "utf8").catch(() => null);
}
