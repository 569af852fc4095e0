import { access } from "node:fs/promises";
import { fileSource } from "../formats/file.ts";
import type { Tokenizer } from "../text/tokenizer/tokenizer.ts";
import { characterTableIn } from "./characterTableIn.ts";

/** The tokenizer in a nanoGPT meta.pkl at `path`; null if there is no such file. Node only. */
export async function characterTable(path: string): Promise<Tokenizer | null> {
  const there = await access(path).then(
    () => true,
    () => false,
  );
  return there ? characterTableIn(await fileSource(path)) : null;
}
