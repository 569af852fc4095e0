import type { Checkpoint } from "../formats/checkpoint.ts";
import { withVocabulary } from "./drawnTokens.ts";
import type { Model } from "./family.ts";
import type { LoadOptions } from "./loadOptions.ts";
import { withHead } from "./tiedHead.ts";
import type { FolderText } from "./tokenizerFiles.ts";
import { vocabularyIn } from "./vocabularyFiles.ts";

/** The model of a folder, wherever its files are, with what its tokenizer's files say of BOS and of ids that are no text. */
export async function folderModel(
  config: Readonly<Record<string, unknown>>,
  checkpoint: Checkpoint,
  text: FolderText,
  { head: choice, trustArchitecture }: Pick<LoadOptions, "head" | "trustArchitecture"> = {},
): Promise<Model> {
  // Families are many, and a page has one model: they are fetched when a model is opened.
  const { modelFrom } = await import("./families.ts");
  const model = await withHead(
    (head) => modelFrom(config, checkpoint, "hugging_face", { head, trustArchitecture }),
    choice,
  );
  return withVocabulary(model, await vocabularyIn(text));
}
