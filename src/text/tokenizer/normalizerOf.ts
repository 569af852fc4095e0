import { Tokenizer as Library } from "@huggingface/tokenizers";
import { charsmapOf, rewriteGraphemes } from "./charsmap.ts";

type Step = Readonly<Record<string, unknown>>;

/**
 * A normaliser that has been checked (`checkedNormalizer`) as a function. The library's own steps, but for tables of characters, which
 * it approximates by NFKC.
 *
 * @throws {InputError} "tokenizer" for a table that is malformed
 */
export function normalizerOf(step: object): (text: string) => string {
  const { type, normalizers, precompiled_charsmap: table } = step as Step;
  if (type === "Precompiled") return rewriteGraphemes(charsmapOf(bytesOfBase64(String(table))));
  if (type === "Sequence") {
    const parts = (normalizers as object[]).map(normalizerOf);
    return (text) => parts.reduce((changed, part) => part(changed), text);
  }
  const { normalizer } = new Library({ ...NOTHING, normalizer: step }, {});
  return (text) => normalizer!(text);
}

const NOTHING = {
  model: { type: "BPE", vocab: {}, merges: [] },
  ...{ pre_tokenizer: null, post_processor: null, decoder: null, added_tokens: [] },
};

function bytesOfBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
