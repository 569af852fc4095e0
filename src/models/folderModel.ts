import { InputError } from "../base/errors.ts";
import type { Checkpoint } from "../formats/checkpoint.ts";
import { withVocabulary } from "./drawnTokens.ts";
import { withNotices, type Model } from "./family.ts";
import type { LoadOptions } from "./loadOptions.ts";
import { withHead } from "./tiedHead.ts";
import { SENTENCE_PIECE, type FolderBytes, type FolderText } from "./tokenizerFiles.ts";
import type { Vocabulary } from "./vocabularyFiles.ts";

/** How files of a folder are read. */
export interface FolderFiles {
  readonly text: FolderText;
  readonly bytes: FolderBytes;
}

/** The model of a folder, wherever its files are, with what its tokenizer's files say of BOS and of ids that are not text. */
export async function folderModel(
  config: Readonly<Record<string, unknown>>,
  checkpoint: Checkpoint,
  files: FolderFiles,
  { head: choice, trustArchitecture }: Pick<LoadOptions, "head" | "trustArchitecture"> = {},
): Promise<Model> {
  // Families are many, and a page has one model: they are fetched when a model is opened.
  const { modelFrom } = await import("./families.ts");
  const model = await withHead(
    (head) => modelFrom(config, checkpoint, "hugging_face", { head, trustArchitecture }),
    choice,
  );
  const { vocabulary, notice } = await readableVocabulary(files);
  return withNotices(withVocabulary(model, vocabulary), [notice]);
}

/** A folder without any of these and without SentencePiece's file has no tokenizer; the small one first. */
const OF_TOKENIZERS = ["tokenizer_config.json", "vocab.json", "tokenizer.json"];

/** Looked for one by one, so that a large file is read only where no smaller one answers. */
async function hasTokenizer({ text, bytes }: FolderFiles): Promise<boolean> {
  for (const name of OF_TOKENIZERS) if ((await text(name)) !== null) return true;
  return (await bytes(SENTENCE_PIECE)) !== null;
}

/** The vocabulary, or why it cannot be read: that is an error where a text needs the tokenizer, and not before. */
async function readableVocabulary(files: FolderFiles): Promise<{
  readonly vocabulary: Vocabulary | null;
  readonly notice: string | null;
}> {
  // a page does without what reads a vocabulary where there is none
  if (!(await hasTokenizer(files))) return { vocabulary: null, notice: null };
  const { vocabularyIn } = await import("./vocabularyFiles.ts");
  try {
    return { vocabulary: await vocabularyIn(files.text, files.bytes), notice: null };
  } catch (error) {
    if (!(error instanceof InputError && error.code === "tokenizer")) throw error;
    const notice = `${error.message}; texts cannot be read, and random rows are drawn from all ids but the special ones of config.json, which may have no text`;
    return { vocabulary: null, notice };
  }
}
