import { access } from "node:fs/promises";
import { InputError } from "../base/errors.ts";
import { fileSource } from "../formats/file.ts";
import { isMap } from "../formats/torch/pickleValues.ts";
import { readPickle } from "../formats/torch/readTorch.ts";
import { characterTokenizer } from "../text/tokenizer/characterTokenizer.ts";
import type { Tokenizer } from "../text/tokenizer/tokenizer.ts";

/** The tokenizer in a nanoGPT meta.pkl at `path`; null if there is no such file. Node only. */
export async function characterTable(path: string): Promise<Tokenizer | null> {
  const there = await access(path).then(
    () => true,
    () => false,
  );
  if (!there) return null;
  const meta = await readPickle(await fileSource(path));
  const stoi = isMap(meta) ? meta.get("stoi") : undefined;
  if (!isMap(stoi)) throw new InputError("file", `${path} needs stoi, a dictionary of characters`);
  return characterTokenizer({ stoi: Object.fromEntries(stoi) as Record<string, number> });
}
