/** @file The tokenizer of a Hugging Face folder, and the ids that its files call special. Node only. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { tokenizerFromJson, tokenizerFromMerges } from "../text/tokenizer/tokenizerFromJson.ts";
import type { Tokenizer } from "../text/tokenizer/tokenizer.ts";

/** tokenizer.json, or else vocab.json with merges.txt; null if the folder has neither. */
export async function folderTokenizer(folder: string): Promise<Tokenizer | null> {
  const text = (name: string) => readFile(join(folder, name), "utf8").catch(() => null);
  const config = await text("tokenizer_config.json");
  const whole = await text("tokenizer.json");
  if (whole !== null) return tokenizerFromJson(whole, config, join(folder, "tokenizer.json"));
  const [vocab, merges] = [await text("vocab.json"), await text("merges.txt")];
  return vocab !== null && merges !== null ? tokenizerFromMerges(vocab, merges, config) : null;
}

/** Ids of tokenizer.json's special added tokens; none if there is no such file. Quicker than making the tokenizer. */
export async function folderSpecialTokens(folder: string): Promise<number[]> {
  const text = await readFile(join(folder, "tokenizer.json"), "utf8").catch(() => null);
  if (text === null) return [];
  try {
    const { added_tokens: added } = JSON.parse(text) as {
      added_tokens?: { id?: unknown; special?: unknown }[];
    };
    return (added ?? []).flatMap(({ id, special }) =>
      special === true && Number.isInteger(id) ? [Number(id)] : [],
    );
  } catch {
    return []; // a tokenizer that cannot be read is an error where a tokenizer is needed, not here
  }
}
