/** @file The tokenizer of a Hugging Face folder. Node only. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../base/errors.ts";
import { isThere } from "../formats/file.ts";
import type { Tokenizer } from "../text/tokenizer/tokenizer.ts";
import { textTokenizer, type FolderText } from "./tokenizerFiles.ts";

/** As `textTokenizer` finds it; null if the folder has none. */
export function folderTokenizer(folder: string): Promise<Tokenizer | null> {
  return textTokenizer(folderText(folder), join(folder, "tokenizer.json"), folderBytes(folder));
}

/** Reads files of the folder; a link that leads nowhere and a file that may not be read are errors, not missing files. */
export function folderBytes(folder: string): (name: string) => Promise<Buffer | null> {
  return async (name) => {
    const path = join(folder, name);
    if (!(await isThere(path))) return null;
    return readFile(path).catch((error: Error) => {
      throw new InputError("file", `cannot read ${path}: ${error.message}`, { cause: error });
    });
  };
}

/** As {@link folderBytes}, as UTF-8. */
export function folderText(folder: string): FolderText {
  const bytes = folderBytes(folder);
  return async (name) => (await bytes(name))?.toString("utf8") ?? null;
}

/** Both. */
export function folderFiles(folder: string) {
  return { text: folderText(folder), bytes: folderBytes(folder) };
}
