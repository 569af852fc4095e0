import { InputError } from "../base/errors.ts";
import type { Tokenizer } from "../text/tokenizer/tokenizer.ts";
import type { LoadedModel } from "./loadedModel.ts";

/**
 * The model's tokenizer, to write ids as people read them; null where there is none, or none that can be read: then ids are
 * shown as they are. Texts need `model.tokenizer()`, which says why.
 */
export async function readableTokenizer(
  model: Pick<LoadedModel, "tokenizer">,
): Promise<Tokenizer | null> {
  try {
    return await model.tokenizer();
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}
