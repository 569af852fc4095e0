/** @file The tokenizer in the files of a Hugging Face folder, wherever they are. */
import { InputError } from "../base/errors.ts";
import type { OlderFiles } from "../text/tokenizer/olderFiles.ts";
import type { Tokenizer } from "../text/tokenizer/tokenizer.ts";
import { WAY_ON } from "../text/tokenizer/wayOn.ts";

/** The text of a file of a folder; null if it has none of that name. */
export type FolderText = (name: string) => Promise<string | null>;
/** The bytes of a file of a folder; null if it has none of that name. */
export type FolderBytes = (name: string) => Promise<Uint8Array | null>;

/** SentencePiece's own file. */
export const SENTENCE_PIECE = "tokenizer.model";

/**
 * tokenizer.json, or else vocab.json with merges.txt, or else tokenizer.model, spiece.model, sentencepiece.bpe.model or vocab.txt;
 * null if there is no tokenizer.
 *
 * @param path of tokenizer.json, for messages
 * @throws {InputError} "tokenizer" for one that cannot be read, and for kinds that are not read, with the way on
 */
export async function textTokenizer(
  text: FolderText,
  path: string,
  bytes?: FolderBytes,
): Promise<Tokenizer | null> {
  const config = await text("tokenizer_config.json");
  const modelConfig = await text("config.json");
  const whole = await text("tokenizer.json");
  if (whole !== null) {
    const { tokenizerFromJson } = await import("../text/tokenizer/tokenizerFromJson.ts");
    return tokenizerFromJson(whole, config, path, modelConfig);
  }
  const [vocab, merges] = [await text("vocab.json"), await text("merges.txt")];
  const model = vocab === null && bytes ? await bytes(SENTENCE_PIECE) : null;
  if (model !== null) {
    const addedTokens = await text("added_tokens.json");
    const { tokenizerFromSentencePiece } =
      await import("../text/tokenizer/tokenizerFromSentencePiece.ts");
    return tokenizerFromSentencePiece({
      ...{ model, name: SENTENCE_PIECE, config, modelConfig, addedTokens },
    });
  }
  const older = vocab === null ? await olderFilesIn(text, bytes) : null;
  if (older) {
    const { tokenizerFromOlderFiles } = await import("../text/tokenizer/olderFiles.ts");
    return tokenizerFromOlderFiles(older);
  }
  if (vocab === null || merges === null) return withoutMerges(vocab !== null);
  const { tokenizerFromMerges } = await import("../text/tokenizer/tokenizerFromMerges.ts");
  return tokenizerFromMerges({
    vocab,
    merges,
    config,
    modelConfig,
    addedTokens: await text("added_tokens.json"),
    specialTokensMap: await text("special_tokens_map.json"),
  });
}

/** Vocabularies that need a class to be read, by the names of their files, in the order in which they are looked for. */
export const OLDER_FILES: readonly OlderFiles["name"][] = [
  "spiece.model",
  "sentencepiece.bpe.model",
  "vocab.txt",
];

/** The first of them that a folder has, with the files beside it; null if it has none. */
export async function olderFilesIn(
  text: FolderText,
  bytes: FolderBytes | undefined,
): Promise<OlderFiles | null> {
  for (const name of bytes ? OLDER_FILES : []) {
    const content = await bytes!(name);
    if (content !== null)
      return {
        ...{ name, bytes: content },
        config: await text("tokenizer_config.json"),
        modelConfig: await text("config.json"),
        addedTokens: await text("added_tokens.json"),
        specialTokensMap: await text("special_tokens_map.json"),
      };
  }
  return null;
}

/** Null where there is no tokenizer at all. */
function withoutMerges(hasVocab: boolean): null {
  if (!hasVocab) return null;
  throw new InputError(
    "tokenizer",
    `the tokenizer beside the model is vocab.json without merges.txt, which is not read; ${WAY_ON}`,
  );
}
