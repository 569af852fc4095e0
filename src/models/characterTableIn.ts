import type { ByteSource } from "../base/bytes.ts";
import { InputError } from "../base/errors.ts";
import { isMap } from "../formats/torch/pickleValues.ts";
import { readPickle } from "../formats/torch/readTorch.ts";
import { characterTokenizer } from "../text/tokenizer/characterTokenizer.ts";
import type { Tokenizer } from "../text/tokenizer/tokenizer.ts";

/** The tokenizer in a nanoGPT meta.pkl. */
export async function characterTableIn(source: ByteSource): Promise<Tokenizer> {
  const meta = await readPickle(source);
  const stoi = isMap(meta) ? meta.get("stoi") : undefined;
  if (!isMap(stoi))
    throw new InputError("file", `${source.name} needs stoi, a dictionary of characters`);
  return characterTokenizer({ stoi: Object.fromEntries(stoi) as Record<string, number> });
}
