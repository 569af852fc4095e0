/** @file What every family gives: a Program and the facts about it that studies and Results need. */
import type { Program } from "../graph/program.ts";
import type { RowBos } from "./bosPolicy.ts";
import type { NotText } from "./vocabularyFiles.ts";
import type { CheckpointTensors } from "./weightMap.ts";

/** Facts about an architecture with its sizes. */
export interface Architecture {
  readonly family: string;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly contextLength: number;
  readonly vocabulary: number;
  /** The id of BOS: the configuration's, or what loading found out from the tokenizer's files; null if there is none. */
  readonly bosToken: number | null;
  /** Ids that the configuration or the tokenizer's files call special. */
  readonly specialTokens: readonly number[];
  /** Why rows begin with BOS or do not; left out where nothing was loaded from files. */
  readonly bos?: RowBos | undefined;
  /** Ids that are no text, and the file that says so; left out where there is no tokenizer. */
  readonly notText?:
    { readonly ids: ReadonlyMap<number, NotText>; readonly source: string } | undefined;
}

export interface Model {
  readonly architecture: Architecture;
  /** The whole forward pass; its outputs are `logits`. */
  readonly program: Program;
}

/**
 * How tensors lie in a file. Hugging Face: as its modules keep them. GGUF: matrices are [out, in], fused queries, keys
 * and values one after the other, and LLaMA's query and key rows in llama.cpp's order. nanoGPT: matrices are [out, in].
 */
export type StoredLayout = "hugging_face" | "gguf" | "nanogpt";

/** Builds a model of one family from config.json (or what says the same) and the tensors of a checkpoint. */
export type Family = (
  config: Readonly<Record<string, unknown>>,
  checkpoint: CheckpointTensors,
  layout?: StoredLayout,
) => Model;

/** `bos_token_id` and its like: an id, several, or none; id 0 is an id like any other. */
export function specialTokensOf(config: Readonly<Record<string, unknown>>): {
  bosToken: number | null;
  specialTokens: number[];
} {
  const ids = (key: string) =>
    [config[key]].flat().filter((id): id is number => Number.isInteger(id) && Number(id) >= 0);
  const keys = ["bos_token_id", "eos_token_id", "pad_token_id", "unk_token_id", "sep_token_id"];
  return {
    bosToken: ids("bos_token_id")[0] ?? null,
    specialTokens: [...new Set(keys.flatMap(ids))].sort((a, b) => a - b),
  };
}
