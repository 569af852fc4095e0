import { InputError } from "../../base/errors.ts";
import type { AddedToken } from "./pipelineTokenizer.ts";

/**
 * A token beside the vocabulary, with what the files say of it; a special one is found in text as it is written unless they
 * say otherwise.
 *
 * @throws {InputError} "tokenizer" for one that is found as a whole word alone
 */
export function addedToken(
  id: number,
  content: string,
  special: boolean,
  { normalized, lstrip, rstrip, single_word: isWord }: Readonly<Record<string, unknown>>,
): AddedToken {
  if (isWord === true)
    throw new InputError(
      "tokenizer",
      `the added token ${JSON.stringify(content)} is found as a whole word alone (single_word), which is not read`,
    );
  return {
    id,
    content,
    special,
    normalized: typeof normalized === "boolean" ? normalized : !special,
    lstrip: lstrip === true,
    rstrip: rstrip === true,
  };
}
