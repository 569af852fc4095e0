import type { Checkpoint } from "../formats/checkpoint.ts";
import { withVocabulary } from "./drawnTokens.ts";
import { modelFrom } from "./families.ts";
import type { Model } from "./family.ts";
import type { FolderText } from "./tokenizerFiles.ts";
import { vocabularyIn } from "./vocabularyFiles.ts";

/** The model of a folder, wherever its files are, with what its tokenizer's files say of BOS and of ids that are no text. */
export async function folderModel(
  config: Readonly<Record<string, unknown>>,
  checkpoint: Checkpoint,
  text: FolderText,
): Promise<Model> {
  return withVocabulary(modelFrom(config, checkpoint), await vocabularyIn(text));
}
