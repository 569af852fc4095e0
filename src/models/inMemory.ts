import type { Model } from "./family.ts";
import type { LoadedModel } from "./loaded.ts";

/** A model whose weights are in memory as one that was opened: no file can change, nothing is to be closed, no tokenizer is beside it. */
export function modelInMemory(
  model: Model,
  about: Pick<LoadedModel, "id" | "sha256">,
): LoadedModel {
  return {
    ...model,
    ...about,
    revision: null,
    tokenizer: () => Promise.resolve(null),
    unchanged: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
