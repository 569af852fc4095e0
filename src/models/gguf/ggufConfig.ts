/** @file GGUF metadata as a Hugging Face configuration: one set of families for both. */
import { InputError } from "../../base/errors.ts";
import type { Gguf } from "../../formats/gguf/readGguf.ts";
import type { GgufArchitecture } from "./architecture.ts";
import type { GgufFacts } from "./facts.ts";

/**
 * The configuration that `metadata` describes.
 *
 * @throws {InputError} "config" for a key that is not supported, by name
 */
export function ggufConfig(
  { metadata, tensors }: Gguf,
  architecture: GgufArchitecture,
  facts: GgufFacts,
): Record<string, unknown> {
  const { modelType, keys, moreKeys = [], more } = architecture;
  const foreign = [...facts.own.keys()].filter(
    (key) => !Object.hasOwn(keys, key) && !moreKeys.includes(key) && !isNeutral(key, facts),
  );
  if (foreign.length > 0)
    throw new InputError(
      "config",
      `${facts.path} has keys that are not supported: ${foreign.map((key) => `${facts.architecture}.${key}`).join(", ")}`,
    );
  const entries = Object.entries(keys).flatMap(([key, name]) => {
    const value = typeof facts.own.get(key) === "boolean" ? facts.own.get(key) : facts.number(key);
    const none = value === undefined || (name === "sliding_window" && value === 0);
    return none ? [] : [[name, value] as const];
  });
  return {
    model_type: typeof modelType === "string" ? modelType : modelType(facts),
    ...Object.fromEntries(entries),
    vocab_size: tensors.get("token_embd.weight")?.shape[0] ?? facts.number("vocab_size"),
    tie_word_embeddings: !tensors.has("output.weight"),
    ...specialIds(metadata),
    ...more(facts),
  };
}

/** Which key of the file each key of the configuration comes from; those that the tensors show have none. */
export function ggufKeysOf(
  { keys }: GgufArchitecture,
  { architecture, own }: GgufFacts,
): ReadonlyMap<string, string> {
  return new Map([
    ...Object.entries(SPECIAL).map(([key, name]) => [name, ggufIdKey(key)] as const),
    [
      "vocab_size",
      own.has("vocab_size") ? `${architecture}.vocab_size` : "rows of token_embd.weight",
    ],
    ...Object.entries(keys)
      .toSorted(([key], [other]) => Number(own.has(key)) - Number(own.has(other))) // those in the file win
      .map(([key, name]) => [name, `${architecture}.${key}`] as const),
  ]);
}

const ggufIdKey = (key: string) => `tokenizer.ggml.${key}_token_id`;

/** Keys with the only value that changes nothing. */
const NEUTRAL: Readonly<Record<string, unknown>> = {
  "attention.causal": true,
  expert_count: 0,
  expert_used_count: 0,
  expert_shared_count: 0,
  expert_gating_func: 1,
  expert_weights_scale: 1,
  leading_dense_block_count: 0,
  "attention.sliding_window": 0,
  nextn_predict_layers: 0,
  use_parallel_residual: true,
};

function isNeutral(key: string, { own }: GgufFacts): boolean {
  return Object.hasOwn(NEUTRAL, key) && NEUTRAL[key] === own.get(key);
}

const SPECIAL = {
  bos: "bos_token_id",
  eos: "eos_token_id",
  padding: "pad_token_id",
  unknown: "unk_token_id",
  seperator: "sep_token_id", // sic
};

function specialIds(metadata: ReadonlyMap<string, unknown>) {
  return Object.fromEntries(
    Object.entries(SPECIAL).flatMap(([key, name]) => {
      const id = metadata.get(ggufIdKey(key));
      return id === undefined ? [] : [[name, Number(id)]];
    }),
  );
}
