import { fileSource, isThere } from "../formats/file.ts";
import type { Tokenizer } from "../text/tokenizer/tokenizer.ts";
import { characterTableIn } from "./characterTableIn.ts";

/** The tokenizer in a nanoGPT meta.pkl at `path`; null if there is no such file. Node only. */
export async function characterTable(path: string): Promise<Tokenizer | null> {
  return (await isThere(path)) ? characterTableIn(await fileSource(path)) : null;
}
