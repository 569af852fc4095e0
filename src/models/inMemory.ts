import type { Model } from "./family.ts";
import type { LoadedModel } from "./loadedModel.ts";

const NO_HASH = "0".repeat(64);

/** A model whose weights are in memory as one that was opened: no file can change, nothing is to be closed, no tokenizer is beside it. */
export function modelInMemory(
  model: Model,
  { id, sha256 = NO_HASH }: { readonly id: string; readonly sha256?: string | undefined },
): LoadedModel {
  return {
    ...model,
    id,
    sha256,
    revision: null,
    tokenizer: () => Promise.resolve(null),
    unchanged: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
