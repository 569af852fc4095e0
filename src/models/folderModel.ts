import type { Checkpoint } from "../formats/checkpoint.ts";
import { modelFrom } from "./families.ts";
import type { Model } from "./family.ts";
import type { LoadOptions } from "./loadOptions.ts";
import { withHead } from "./tiedHead.ts";
import { specialTokensIn, type FolderText } from "./tokenizerFiles.ts";

/** The model of a folder, wherever its files are: ids that its tokenizer calls special are no ordinary tokens. */
export async function folderModel(
  config: Readonly<Record<string, unknown>>,
  checkpoint: Checkpoint,
  text: FolderText,
  { head: choice, trustArchitecture }: Pick<LoadOptions, "head" | "trustArchitecture"> = {},
): Promise<Model> {
  const model = await withHead(
    (head) => modelFrom(config, checkpoint, "hugging_face", { head, trustArchitecture }),
    choice,
  );
  const { architecture } = model;
  const special = [...architecture.specialTokens, ...(await specialTokensIn(text))];
  const specialTokens = [...new Set(special)]
    .filter((id) => id < architecture.vocabulary)
    .sort((a, b) => a - b);
  return { ...model, architecture: { ...architecture, specialTokens } };
}
