/** @file The tokenizer in the files of a Hugging Face folder, wherever they are. */
import { tokenizerFromJson } from "../text/tokenizer/tokenizerFromJson.ts";
import { tokenizerFromMerges } from "../text/tokenizer/tokenizerFromMerges.ts";
import type { Tokenizer } from "../text/tokenizer/tokenizer.ts";

/** The text of a file of a folder; null if it has none of that name. */
export type FolderText = (name: string) => Promise<string | null>;

/**
 * tokenizer.json, or else vocab.json with merges.txt; null if there is neither.
 *
 * @param path of tokenizer.json, for messages
 */
export async function textTokenizer(text: FolderText, path: string): Promise<Tokenizer | null> {
  const config = await text("tokenizer_config.json");
  const modelConfig = await text("config.json");
  const whole = await text("tokenizer.json");
  if (whole !== null) return tokenizerFromJson(whole, config, path, modelConfig);
  const [vocab, merges] = [await text("vocab.json"), await text("merges.txt")];
  if (vocab === null || merges === null) return null;
  return tokenizerFromMerges({
    vocab,
    merges,
    config,
    modelConfig,
    addedTokens: await text("added_tokens.json"),
    specialTokensMap: await text("special_tokens_map.json"),
  });
}
