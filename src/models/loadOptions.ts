import type { OptionNames } from "../base/optionNames.ts";
import type { NameMap } from "./nameMap.ts";
import { progressOfStep, type Progress } from "../base/progress.ts";
import type { ScanOptions } from "../formats/inChunks.ts";
import type { UnembeddingChoice } from "./family.ts";

export interface LoadOptions {
  /** Of a hub model: branch, tag or commit, for the Result. */
  readonly revision?: string | null | undefined;
  /** The model that a LoRA adapter was trained on: a folder or a hub id; the adapter is merged into it. */
  readonly base?: string | null | undefined;
  /** Names and sizes of a checkpoint that has names of its own; of an adapter's base, where there is one. */
  readonly map?: NameMap | undefined;
  /** True: keep the decoded weights of a GGUF in the cache on disk, at four to ten times its size. Left out: nothing decoded is kept. */
  readonly cache?: boolean | undefined;
  /** Aborting it ends the loading. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Which unembedding is used where a configuration ties it to the embedding and the files have one with other numbers:
   * the files' (default, as transformers does) or the embedding.
   */
  readonly head?: UnembeddingChoice | undefined;
  /**
   * For facts alone (`modelCard`): weights are neither hashed nor checked nor decoded. Such a model cannot be run; its
   * `sha256` is that of an earlier load, or empty.
   */
  readonly factsOnly?: boolean | undefined;
  /**
   * True: a configuration that names code of its own (`auto_map`) is read as the architecture that its model_type declares.
   * Left out, such a model is refused, because that code may compute something else.
   */
  readonly trustArchitecture?: boolean | undefined;
  /** Told what the user should know about what was read, such as that one model of several is used, or that a matrix is zero. */
  readonly notice?: ((text: string) => void) | undefined;
  /** Told what is going on and how far it is, in bytes. */
  readonly progress?: Progress | undefined;
}

export const LOAD_OPTIONS: OptionNames<LoadOptions> = {
  ...{ revision: true, base: true, map: true, cache: true, signal: true, head: true },
  ...{ factsOnly: true, trustArchitecture: true, notice: true, progress: true },
};

/** `signal` and `progress` for the step of loading called `step`. */
export function stepOptions({ signal, progress }: LoadOptions, step: string): ScanOptions {
  return { signal, progress: progressOfStep(progress, step) };
}
